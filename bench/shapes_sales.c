/* shapes_sales.c: one record in two languages, for servers: eight columns as tables have them (about 115 bytes of CSV),
 * and the same as a message of about 200 bytes. */
#include "bench/generate.h"

typedef struct sale {
    uint64_t id, placed, amount, quantity, state, rating;
    bool noted;
} sale;

static sale next_sale(hr_maker *maker)
{
    uint64_t bits = hr_maker_bits(maker) >> 4;
    return (sale){.id = 1000000 + maker->row,
                  .placed = 1700000000 + maker->row,
                  .amount = bits & 0xFFFFF,
                  .quantity = 1 + (bits >> 20 & 7),
                  .state = bits >> 23 & 3,
                  .rating = bits >> 25 & 0xFFFFF,
                  .noted = (bits >> 45 & 7) != 0};
}

static void put_customer(hr_maker *maker)
{
    hr_put_word(maker);
    hr_put_byte(maker, '-');
    hr_put_word(maker);
    hr_put_number(maker, hr_maker_bits(maker) >> 54);
}

static void put_note(hr_maker *maker)
{
    for (int i = 0; i < 10; i++) {
        hr_put_word(maker);
        hr_put_byte(maker, i < 9 ? ' ' : '.');
    }
}

static const char *const states[4] = {"new", "paid", "shipped", "returned"};

static void sales_header(hr_maker *maker)
{
    hr_put_text(maker, "id,placed_at,customer,amount,quantity,state,note,rating\n");
}

static void sales_record(hr_maker *maker)
{
    sale sale = next_sale(maker);
    hr_put_number(maker, sale.id);
    hr_put_byte(maker, ',');
    hr_put_time(maker, sale.placed, ' ');
    hr_put_text(maker, "Z,");
    put_customer(maker);
    hr_put_byte(maker, ',');
    hr_put_hundredths(maker, sale.amount);
    hr_put_byte(maker, ',');
    hr_put_number(maker, sale.quantity);
    hr_put_byte(maker, ',');
    hr_put_text(maker, states[sale.state]);
    hr_put_byte(maker, ',');
    if (sale.noted)
        put_note(maker);
    hr_put_text(maker, ",0.");
    hr_put_digits(maker, sale.rating % 1000000, 6);
    hr_put_byte(maker, '\n');
}

static void messages_record(hr_maker *maker)
{
    sale sale = next_sale(maker);
    hr_put_text(maker, "{\"id\":");
    hr_put_number(maker, sale.id);
    hr_put_text(maker, ",\"placed_at\":\"");
    hr_put_time(maker, sale.placed, ' ');
    hr_put_text(maker, "Z\",\"customer\":\"");
    put_customer(maker);
    hr_put_text(maker, "\",\"amount\":");
    hr_put_hundredths(maker, sale.amount);
    hr_put_text(maker, ",\"quantity\":");
    hr_put_number(maker, sale.quantity);
    hr_put_text(maker, ",\"state\":\"");
    hr_put_text(maker, states[sale.state]);
    hr_put_text(maker, "\",\"note\":\"");
    put_note(maker);
    hr_put_text(maker, "\",\"rating\":0.");
    hr_put_digits(maker, sale.rating % 1000000, 6);
    hr_put_text(maker, "}\n");
}

const hr_shape hr_shapes_sales[2] = {{"sales", "csv", sales_header, sales_record},
                                     {"messages", "ndjson", NULL, messages_record}};
