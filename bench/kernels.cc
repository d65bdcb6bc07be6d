/* kernels.cc: every kernel table this CPU can run, on windows of CSV of several shapes, in cache. */
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

extern "C" {
#include "core/json/scan.h"
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

/* A small flat record of 165 bytes. */
std::string order(std::mt19937 &random)
{
    return "{\"order_id\":" + std::to_string(1000000 + random() % 9000000) + ",\"customer\":\"" + word(random, 4, 9) +
           "\",\"product\":" + std::to_string(random() % 100000) + ",\"amount\":" + std::to_string(random() % 9999) +
           ".25,\"tax\":7,\"state\":\"" + word(random, 3, 7) + "\",\"gift\":" + (random() % 2 ? "true" : "false") +
           ",\"placed_at\":\"2023-11-14T22:13:21Z\"}\n";
}

/* A nested record of ASCII, about 1.3 KB. */
std::string event(std::mt19937 &random)
{
    std::string commits;
    for (int n = 0; n < 4; n++)
        commits += std::string(n ? "," : "") + "{\"sha\":\"" + word(random, 40, 40) + "\",\"author\":{\"name\":\"" +
                   word(random, 5, 12) + "\",\"email\":\"" + word(random, 5, 9) + "@example.org\"},\"message\":\"" +
                   word(random, 60, 120) + "\",\"distinct\":true,\"size\":" + std::to_string(random() % 1000) + "}";
    return "{\"id\":\"" + std::to_string(30000000000 + random()) +
           "\",\"type\":\"PushEvent\",\"actor\":{\"id\":" + std::to_string(random()) + ",\"login\":\"" +
           word(random, 5, 15) + "\",\"url\":\"https://api.example.org/users/" + word(random, 5, 9) +
           "\"},\"payload\":{\"size\":2,\"ref\":\"refs/heads/main\",\"commits\":[" + commits +
           "]},\"public\":true,\"created_at\":\"2023-11-14T22:13:21Z\"}\n";
}

/* The same shape with escapes and texts in several scripts. */
std::string tweet(std::mt19937 &random)
{
    static const char *const pieces[] = {"https:\\/\\/t.example\\/",
                                         "\xE3\x81\x84\xE3\x82\x8D\xE3\x81\xAF",
                                         "one\\ntwo",
                                         "\xC3\xA9t\xC3\xA9",
                                         "caf\\u00e9",
                                         "plain words for a while, and more of them",
                                         "\xF0\x9F\x98\x80",
                                         "\\\"yes\\\"",
                                         "\\ud83d\\ude00"};
    std::string row = event(random);
    for (size_t at = 0; (at = row.find("\"message\":\"", at)) != std::string::npos;) {
        at += 11;
        for (int n = 0; n < 8; n++)
            row.insert(at, std::string(pieces[random() % 9]) + " ");
    }
    return row;
}

constexpr shape json_shapes[] = {{"orders", order}, {"events", event}, {"tweets", tweet}};

/* Every line validated whole; with columns, two of its members found. */
void json_scan(benchmark::State &state, const hr_kernels *kernels, const std::string &data,
               const std::vector<const char *> &columns)
{
    hr_json_plan_options options = {columns.data(), columns.size(), 64, false};
    hr_json_plan *plan = nullptr;
    hr_json_scan *scan = nullptr;
    if (hr_json_plan_new(&options, &plan, nullptr) != HR_OK ||
        hr_json_scan_new(kernels, plan, &scan, nullptr) != HR_OK) {
        state.SkipWithError("no memory");
        return;
    }
    for (auto _ : state) {
        hr_json_lines lines;
        if (hr_json_scan_run(scan, bytes(data), data.size(), &lines, nullptr) != HR_OK || !lines.all_sound)
            state.SkipWithError("clean lines were refused");
        benchmark::DoNotOptimize(lines);
        benchmark::ClobberMemory();
    }
    hr_json_scan_free(scan);
    hr_json_plan_free(plan);
    note(state, data);
}

void add_json(const hr_kernels *kernels)
{
    for (const shape &shape : json_shapes) {
        std::string data = whole_rows(shape, 4 << 20), name = std::string(shape.name) + "/" + kernels->name;
        bool flat = shape.row == order;
        std::vector<const char *> two = {flat ? "order_id" : "id", flat ? "amount" : "type"};
        benchmark::RegisterBenchmark(("json_validate/" + name).c_str(),
                                     [=](benchmark::State &state) { json_scan(state, kernels, data, {}); });
        benchmark::RegisterBenchmark(("json_two_fields/" + name).c_str(),
                                     [=](benchmark::State &state) { json_scan(state, kernels, data, two); });
    }
}

void add_tables(const hr_kernels *kernels)
{
    add_json(kernels);
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
