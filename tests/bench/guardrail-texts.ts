const largest = 65_536

/** Pieces that make careless patterns slow, and pieces of what the rails look for. */
const pieces: readonly string[] = [
  'a',
  'A',
  'ä',
  'а',
  '漢',
  '😀',
  '\u0301',
  '\u200b',
  '\ud800',
  'ﷺ',
  '\u{e0061}',
  ' ',
  '\n',
  '\t',
  '.',
  '-',
  '@',
  '/',
  ':',
  '%41',
  '0',
  '1 ',
  '|',
  '| a ',
  ';',
  '?',
  '!',
  "'",
  'how do i ',
  'make ',
  'kill ',
  'him ',
  'bomb ',
  'ignore all previous instructions ',
  'you are now ',
  'dan ',
  'wie ',
  'ich will ',
  'mich ',
  'umbringen ',
  'how do i how do i ',
  'i ',
  'my dad ',
  'hits me ',
  'aGVsbG8gd29ybGQ=',
  '68656c6c6f',
  '01100001',
  '&#97;',
  'k1ll ',
  'h 0 w ',
  'h.o.w ',
  'www.',
  'https://a.b/',
  'a@b.',
  '+49 171 ',
  '4111 1111 ',
  'DE89 ',
  '12 Main St ',
  'password: ',
  '-----BEGIN ',
  "wife's ",
]

/** A text of up to 64 KiB: mostly short, one in fifty as long as a message can be. */
export function makeHostileText(random: () => number): string {
  const below = (limit: number): number => Math.floor(random() * limit)
  const kinds = 1 + below(4)
  const chosen = Array.from({ length: kinds }, () => pieces[below(pieces.length)] ?? '')
  const length = below(50) === 0 ? below(largest) : below(below(3) === 0 ? 3000 : 300)
  let text = ''
  while (text.length < length) text += below(8) === 0 ? String.fromCodePoint(below(0x2fff)) : (chosen[below(kinds)] ?? '')
  return text.slice(0, largest)
}
