/** Returns the sentences below the tree that the command printed, each on one line. */
export function readSentences(printed: string): string[] {
  const [, below = ''] = printed.split(/^What to look at$/m)
  const [listed = ''] = below.split(/^(?:Trace |Why: )/m)
  return listed
    .split(/^ {2}• /m)
    .slice(1)
    .map(sentence => sentence.replace(/\s+/g, ' ').trim())
}

/**
 * Replaces parts that differ from one run to the next: shares by `N %`, times and sizes by `T`, and ports by `PORT`.
 * Removes the number of repeated points that have a call site, because on a busy machine, only some points have one.
 */
export function hideFigures(sentence: string): string {
  return sentence
    .replace(/, \d+ of them from /, ', from ')
    .replace(/(?:< )?\d+ %/g, 'N %')
    .replace(/\b\d[\d.,]* (?:µs|ms|s|min|kB|MB)(?![\w/])/g, 'T')
    .replace(/(127\.0\.0\.1|localhost):\d+/g, '$1:PORT')
}
