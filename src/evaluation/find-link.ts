const ADDRESS = /\b[a-z][a-z0-9+.-]{1,20}:\/\/|\bwww\.[a-z0-9-]/iu
const MARKDOWN = /\]\s?\(\s*[^)\s]+\)|\]:\s*\S+\.\S/u
/** Endings that children meet; a list of all would take "z.B." and ends of sentences for addresses. */
const BARE = /(?<![\p{L}\p{N}])[a-z0-9][a-z0-9-]*\.(?:com|org|net|de|at|ch|eu|uk|io|app|tv|gg|me|info)(?![\p{L}\p{N}])/iu

/** Whether a text leads somewhere: an address, a link in Markdown, or a bare name like `example.org`. */
export function hasLink(text: string): boolean {
  return ADDRESS.test(text) || MARKDOWN.test(text) || BARE.test(text)
}
