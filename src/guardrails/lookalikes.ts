/** Letters that are Latin, only drawn otherwise (small capitals, turned, script): mapped wherever they stand. */
const redrawn: Readonly<Record<string, string>> = {
  a: 'ᴀɑɐ⍺', b: 'ʙ', c: 'ᴄɔ', d: 'ᴅ', e: 'ᴇǝɘ', f: 'ꜰɟƒ', g: 'ɢɡƃᵷ', h: 'ʜɥ', i: 'ɪıɩᴉ', j: 'ᴊȷɾ', k: 'ᴋʞ', l: 'ʟℓꞁ', m: 'ᴍɯ',
  n: 'ɴ', o: 'ᴏ', p: 'ᴘ', q: 'ǫ', r: 'ʀɹ', s: 'ꜱ', t: 'ᴛʇ', u: 'ᴜ', v: 'ᴠʌ', w: 'ᴡʍ', x: '✗✘', y: 'ʏʎ', z: 'ᴢ',
  A: '🅰🅐', B: '🅱🅑', C: '🅲🅒', D: '🅳🅓', E: '🅴🅔', F: '🅵🅕', G: '🅶🅖', H: '🅷🅗', I: '🅸🅘', J: '🅹🅙', K: '🅺🅚', L: '🅻🅛', M: '🅼🅜',
  N: '🅽🅝', O: '🅾🅞', P: '🅿🅟', Q: '🆀🅠', R: '🆁🅡', S: '🆂🅢', T: '🆃🅣', U: '🆄🅤', V: '🆅🅥', W: '🆆🅦', X: '🆇🅧', Y: '🆈🅨', Z: '🆉🅩',
} // prettier-ignore

/** Letters of other scripts that a reader takes for a Latin one: mapped only where the word is not really of that script. */
const foreign: Readonly<Record<string, string>> = {
  a: 'аα', b: 'ЬьƄ', c: 'сϲⅽ', d: 'ԁժ', e: 'еёєεҽ', f: 'ϝ', g: 'ցԍ', h: 'һհ', i: 'іїι', j: 'јϳ', k: 'кκ', l: 'ӏ', m: 'м', n: 'ηпո', o: 'оοσօө',
  p: 'рρ', q: 'ԛգ', r: 'гг', s: 'ѕς', t: 'тτ', u: 'υս', v: 'νѵ', w: 'ԝωшա', x: 'хχ', y: 'уγүყ', z: 'ᴢ',
  A: 'АΑᎪꓮ', B: 'ВΒᏴꓐ', C: 'СϹᏟꓚ', D: 'ᎠꓓᗞᎴ', E: 'ЕΕЁᎬꓰ', F: 'Ϝꓝ', G: 'ԌᏀꓖ', H: 'НΗᎻꓧ', I: 'ІΙЇᏆꓲӀ', J: 'ЈᎫꓙ', K: 'КΚᏦꓗ', L: 'ᏞꓡԼ',
  M: 'МΜᎷꓟ', N: 'Νꓠ', O: 'ОΟՕꓳ', P: 'РΡᏢꓑ', R: 'ᎡꓣЯ', S: 'ЅᏚՏꓢ', T: 'ТΤᎢꓔ', U: 'Սꓴ', V: 'ᏙꓦѴ', W: 'ԜᎳꓪ', X: 'ХΧꓫ', Y: 'УΥҮꓬ', Z: 'ΖᏃꓜ',
} // prettier-ignore

const punctuation: Readonly<Record<string, string>> = {
  "'": '‘’‚‛ʼʹ′´',
  '"': '“”„‟″«»',
  '-': '‐‑‒–—―−﹣',
  '\n': '\u2028\u2029\u0085',
  ' ': '\u2800',
  '/': '⁄∕',
  '.': '․',
}

function turnAround(table: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(table).flatMap(([to, from]) => Array.from(from).map((character) => [character, to] as const)))
}

/** Letters and signs that stand for one ASCII character wherever they are. */
export const sureLookalikes: ReadonlyMap<string, string> = turnAround({ ...redrawn, ...punctuation })

/** Letters of other scripts -> the Latin letter they are taken for. */
export const foreignLookalikes: ReadonlyMap<string, string> = turnAround(foreign)
