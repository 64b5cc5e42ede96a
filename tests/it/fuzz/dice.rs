//! Where chance comes from, the same every time, and what it does to bytes.

/// A generator of numbers (xorshift).
pub(super) struct Dice(u64);

/// Pieces that mean something to one of the grammars.
const PIECES: [&[u8]; 48] = [
    b"\n",
    b" ",
    b"\t",
    b"\r\n",
    b": ",
    b"- ",
    b"? ",
    b"{",
    b"}",
    b"[",
    b"]",
    b"=",
    b"'",
    b"\"",
    b"|\n",
    b">-\n",
    b"#",
    b"&a ",
    b"*a",
    b"<<: *a\n",
    b"!x ",
    b"---\n",
    b"\xef\xbb\xbf",
    b"\0",
    b"\xc3\xa9\xf0\x9f\x98\x80",
    b"\xff",
    b"=@ctx.",
    b"$f(",
    b"@ctx.datasources.x.y",
    b" and ",
    b"(((((",
    b"/* ",
    b"'$.a'",
    b"[_syncScope]",
    b" JOIN ",
    b"--",
    b"@p",
    b"${env:X}",
    b"null",
    b"1e999",
    b"-9223372036854775809",
    b"\\u12",
    b"Content-Length: 99999999999\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"\r\n\r\n",
    b"HTTP/1.1 ",
    b"%zz",
    b"; ",
];

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `limit`, which is not 0.
    fn roll(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % limit
    }

    /// One of the texts with a few things done to it.
    pub(super) fn mutant(&mut self, texts: &[&[u8]]) -> Vec<u8> {
        const LONGEST: usize = 20_000;
        let mut bytes = texts[self.roll(texts.len())].to_vec();
        for _ in 0..=self.roll(5) {
            self.change(&mut bytes, texts);
        }
        bytes.truncate(LONGEST);
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, texts: &[&[u8]]) {
        let at = self.roll(bytes.len() + 1);
        let end = (at + self.roll(40)).min(bytes.len());
        match self.roll(8) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let piece = bytes[at..end].repeat(1 + self.roll(30));
                bytes.splice(at..at, piece);
            }
            3 => {
                let other = texts[self.roll(texts.len())];
                let from = self.roll(other.len() + 1);
                let to = (from + self.roll(200)).min(other.len());
                bytes.splice(at..end, other[from..to].iter().copied());
            }
            4 if at < bytes.len() => bytes[at] ^= 1 << self.roll(8),
            _ => {
                let piece = PIECES[self.roll(PIECES.len())];
                let many = if self.roll(8) == 0 { 1 + self.roll(300) } else { 1 };
                bytes.splice(at..at, piece.repeat(many));
            }
        }
    }
}
