/* simdjson.cc: NDJSON by simdjson: `simdjson TASK FILE [NAME...]`; tasks count (every document parsed and validated by
 * the DOM), ondemand (documents found, nothing validated but structure), fields (two members by On-Demand, as CSV),
 * ram_validate and ram_fields (count and fields in memory, the best of three rounds in GB/s). */
#include <simdjson.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

using namespace simdjson;

static uint64_t count_dom(dom::parser &parser, const padded_string &data)
{
    uint64_t records = 0;
    dom::document_stream stream;
    if (parser.parse_many(data).get(stream))
        return 0;
    for (auto document : stream)
        records += document.error() == SUCCESS;
    return records;
}

static uint64_t count_ondemand(ondemand::parser &parser, const padded_string &data)
{
    uint64_t records = 0;
    ondemand::document_stream stream;
    if (parser.iterate_many(data).get(stream))
        return 0;
    for (auto document : stream)
        records += document.error() == SUCCESS;
    return records;
}

/* A string unescaped, anything else as its JSON text. */
static std::string_view text_of(simdjson_result<ondemand::value> value)
{
    std::string_view text;
    ondemand::json_type type;
    if (value.type().get(type))
        return {};
    if (type == ondemand::json_type::string ? value.get_string().get(text) : value.raw_json_token().get(text))
        return {};
    while (!text.empty() && (text.back() == ' ' || text.back() == '\n'))
        text.remove_suffix(1);
    return text;
}

static void put_field(std::string_view text, FILE *out)
{
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        fwrite(text.data(), 1, text.size(), out);
        return;
    }
    putc('"', out);
    for (char c : text) {
        if (c == '"')
            putc('"', out);
        putc(c, out);
    }
    putc('"', out);
}

/* Names are JSON Pointers. `out` NULL: the values are only looked at. */
static uint64_t fields(ondemand::parser &parser, const padded_string &data, const std::vector<std::string> &names,
                       FILE *out)
{
    uint64_t seen = 0;
    ondemand::document_stream stream;
    if (parser.iterate_many(data).get(stream))
        return 0;
    for (auto document : stream)
        for (size_t i = 0; i < names.size(); i++) {
            std::string_view text = text_of(document.at_pointer(names[i]));
            seen += text.size();
            if (out) {
                put_field(text, out);
                putc(i + 1 < names.size() ? ',' : '\n', out);
            }
        }
    return seen;
}

template <typename Call> static void in_memory(const padded_string &data, Call call)
{
    double best = 0;
    uint64_t answer = 0;
    for (int run = 0; run < 3; run++) {
        auto begin = std::chrono::steady_clock::now();
        answer = call();
        std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
        double rate = static_cast<double>(data.size()) / taken.count() / 1e9;
        best = rate > best ? rate : best;
    }
    printf("%.3f GB/s\n%llu\n", best, static_cast<unsigned long long>(answer));
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    padded_string data;
    if (padded_string::load(argv[2]).get(data))
        return 1;
    std::vector<std::string> names(argv + 3, argv + argc);
    dom::parser dom;
    ondemand::parser ondemand;
    if (!strcmp(argv[1], "count")) {
        printf("%llu\n", static_cast<unsigned long long>(count_dom(dom, data)));
    } else if (!strcmp(argv[1], "ondemand")) {
        printf("%llu\n", static_cast<unsigned long long>(count_ondemand(ondemand, data)));
    } else if (!strcmp(argv[1], "fields")) {
        static char room[1 << 18];
        setvbuf(stdout, room, _IOFBF, sizeof room);
        for (size_t i = 0; i < names.size(); i++)
            printf("%s%c", names[i].c_str() + 1, i + 1 < names.size() ? ',' : '\n');
        fields(ondemand, data, names, stdout);
    } else {
        bool whole = !strcmp(argv[1], "ram_validate");
        in_memory(data, [&] { return whole ? count_dom(dom, data) : fields(ondemand, data, names, nullptr); });
    }
    return 0;
}
