/* kernels.cc: every kernel table this CPU can run, on windows of CSV of several shapes, in cache. */
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

extern "C" {
#include "simd/simd.h"
}

namespace
{

constexpr hr_csv_syntax syntax = {',', '"', HR_SYNTAX_NONE, HR_SYNTAX_NONE, false};

std::string word(std::mt19937 &random, size_t least, size_t most)
{
    std::string text;
    for (size_t n = least + random() % (most - least + 1); n > 0; n--)
        text += static_cast<char>('a' + random() % 26);
    return text;
}

/* Seven short unquoted fields, about 45 bytes a row. */
std::string cities(std::mt19937 &random)
{
    return word(random, 2, 2) + "," + word(random, 4, 12) + "," + word(random, 4, 12) + "," + word(random, 2, 2) + "," +
           std::to_string(random() % 1000000) + "," + std::to_string(random() % 90) + ".12," +
           std::to_string(random() % 180) + ".34\n";
}

/* The same with every field quoted, and CRLF. */
std::string quoted(std::mt19937 &random)
{
    std::string row = "\"" + cities(random);
    row.pop_back();
    std::string out;
    for (char c : row)
        out += c == ',' ? std::string("\",\"") : std::string(1, c);
    return out + "\"\r\n";
}

/* A number and a long quoted text with delimiters, newlines and doubled quotes. */
std::string texts(std::mt19937 &random)
{
    std::string row = std::to_string(random() % 100000) + ",\"";
    for (int n = 0; n < 40; n++)
        row += word(random, 2, 9) + (n % 9 == 0 ? ", " : n % 17 == 0 ? " \"\"so\"\"\n" : " ");
    return row + "\"\n";
}

/* One digit a field: a separator every other byte. */
std::string digits(std::mt19937 &random)
{
    std::string row;
    for (int n = 0; n < 9; n++)
        row += std::to_string(random() % 10) + ",";
    return row + "1\n";
}

struct shape {
    const char *name;
    std::string (*row)(std::mt19937 &);
};
constexpr shape shapes[] = {{"cities", cities}, {"quoted", quoted}, {"texts", texts}, {"digits", digits}};

std::string whole_rows(const shape &shape, size_t most)
{
    std::mt19937 random(1);
    std::string data;
    for (std::string row = shape.row(random); data.size() + row.size() <= most; row = shape.row(random))
        data += row;
    return data;
}

const uint8_t *bytes(const std::string &data)
{
    return reinterpret_cast<const uint8_t *>(data.data());
}

void note(benchmark::State &state, const std::string &data)
{
    state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(data.size()));
}

void csv_index(benchmark::State &state, const hr_kernels *kernels, const std::string &data)
{
    std::vector<uint16_t> begins(HR_WINDOW_MAX + 2 + HR_INDEX_SLACK), row_ends(begins.size());
    for (auto _ : state) {
        hr_csv_index index = {begins.data(), row_ends.data(), 1, 0, false, false};
        hr_csv_state lexer = HR_CSV_RECORD_START;
        size_t end = kernels->csv_index(&syntax, &lexer, bytes(data), 0, data.size(), &index);
        if (end != data.size())
            state.SkipWithError("stopped on clean data");
        benchmark::DoNotOptimize(index);
        benchmark::ClobberMemory();
    }
    note(state, data);
}

void csv_count(benchmark::State &state, const hr_kernels *kernels, const std::string &data)
{
    for (auto _ : state) {
        hr_csv_tally tally = {};
        hr_csv_state lexer = HR_CSV_RECORD_START;
        benchmark::DoNotOptimize(kernels->csv_count(&syntax, &lexer, bytes(data), 0, data.size(), &tally));
        benchmark::DoNotOptimize(tally);
    }
    note(state, data);
}

template <typename Call> void on_text(benchmark::State &state, const std::string &data, Call call)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(call(bytes(data), data.size()));
    note(state, data);
}

std::string repeated(const char *text, size_t most)
{
    std::string piece(text), data;
    while (data.size() + piece.size() <= most)
        data += piece;
    return data;
}

void add_tables(const hr_kernels *kernels)
{
    const std::string set = kernels->name;
    for (const shape &shape : shapes) {
        std::string data = whole_rows(shape, HR_WINDOW_MAX);
        benchmark::RegisterBenchmark(("csv_index/" + std::string(shape.name) + "/" + set).c_str(),
                                     [=](benchmark::State &state) { csv_index(state, kernels, data); });
        benchmark::RegisterBenchmark(("csv_count/" + std::string(shape.name) + "/" + set).c_str(),
                                     [=](benchmark::State &state) { csv_count(state, kernels, data); });
    }
    const std::pair<const char *, const char *> languages[] = {
        {"ascii", "the quick brown fox jumps over the lazy dog, "},
        {"french", "Voix ambigu\xC3\xAB d\xE2\x80\x99un c\xC5\x93ur qui au z\xC3\xA9phyr, "},
        {"japanese", "\xE3\x81\x84\xE3\x82\x8D\xE3\x81\xAF\xE3\x81\xAB\xE3\x81\xBB\xE3\x81\xB8\xE3\x81\xA8"},
    };
    for (const auto &[name, text] : languages) {
        std::string data = repeated(text, HR_WINDOW_MAX);
        benchmark::RegisterBenchmark(("utf8_valid/" + std::string(name) + "/" + set).c_str(),
                                     [=](benchmark::State &state) { on_text(state, data, kernels->utf8_valid); });
    }
    std::string lines = whole_rows(shapes[0], HR_WINDOW_MAX);
    benchmark::RegisterBenchmark(("ascii_prefix/cities/" + set).c_str(),
                                 [=](benchmark::State &state) { on_text(state, lines, kernels->ascii_prefix); });
    benchmark::RegisterBenchmark(("newlines/cities/" + set).c_str(),
                                 [=](benchmark::State &state) { on_text(state, lines, kernels->newlines); });
    benchmark::RegisterBenchmark(("find4/cities/" + set).c_str(), [=](benchmark::State &state) {
        on_text(state, lines,
                [=](const uint8_t *data, size_t size) { return kernels->find4(data, size, '"', '\\', 0, 1); });
    });
}

} // namespace

int main(int argc, char **argv)
{
    size_t count;
    const hr_kernels *const *all = hr_kernels_all(&count);
    for (size_t i = 0; i < count; i++)
        if (hr_kernels_usable(all[i]))
            add_tables(all[i]);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 1;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
