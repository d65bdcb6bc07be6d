//! touch-fields LIBRARY FILE: reads a CSV from memory and touches the first byte and the length of every field; prints the
//! best rate of three rounds, then records, fields and the sum of the first bytes. Libraries: csv simd-csv.
use std::time::Instant;

#[derive(Default, PartialEq)]
struct Seen {
    records: u64,
    fields: u64,
    first: u64,
    bytes: u64,
}

impl Seen {
    #[inline(always)]
    fn field(&mut self, field: &[u8]) {
        self.fields += 1;
        self.bytes += field.len() as u64;
        if let Some(first) = field.first() {
            self.first += u64::from(*first);
        }
    }
}

fn by_csv(data: &[u8]) -> Seen {
    let mut seen = Seen::default();
    let mut reader = csv::ReaderBuilder::new().from_reader(data);
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).expect("readable") {
        seen.records += 1;
        record.iter().for_each(|field| seen.field(field));
    }
    seen
}

fn by_simd_csv(data: &[u8]) -> Seen {
    let mut seen = Seen::default();
    let mut reader = simd_csv::ZeroCopyReaderBuilder::with_capacity(1 << 20).from_reader(data);
    while let Some(record) = reader.read_byte_record().expect("readable") {
        seen.records += 1;
        record.unquoted_iter().for_each(|field| seen.field(field));
    }
    seen
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let data = std::fs::read(&words[2]).expect("a file");
    let touch = if words[1] == "csv" { by_csv } else { by_simd_csv };
    let mut best = 0f64;
    let mut seen = Seen::default();
    for _ in 0..3 {
        let begin = Instant::now();
        seen = touch(&data);
        best = best.max(data.len() as f64 / begin.elapsed().as_secs_f64() / 1e9);
    }
    println!("{best:.3} GB/s");
    println!("{} records, {} fields, first bytes {}", seen.records, seen.fields, seen.first);
    eprintln!("{} bytes", seen.bytes);
}
