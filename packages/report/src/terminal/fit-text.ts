import fastStringWidth from 'fast-string-width'
import { eastAsianWidth } from 'get-east-asian-width'

const ASCII = /^[ -~]*$/

/**
 * The characters whose width fast-string-width underestimates: spacing marks, and rare scripts. The package
 * string-width measures all characters correctly, but loading it takes half as long as loading the rest of the command.
 */
const UNDERCOUNTED_CHARACTERS = /\p{Mc}|\u20e3|(?!\p{M})[^ -\u10ff\u2500-\u257f]/gu

/**
 * Returns the number of columns that a text takes in a terminal: two columns for a wide character, and no column for
 * most combining marks.
 */
export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length
  let width = fastStringWidth(text)
  for (const [character] of text.matchAll(UNDERCOUNTED_CHARACTERS)) {
    if (eastAsianWidth(character.codePointAt(0) ?? 0) > fastStringWidth(character)) width++
  }
  return width
}

/** Fits a text into `columns` columns. A text that is too long is cut, and ends with `ellipsis`. */
export function fitText(text: string, columns: number, ellipsis: string): string {
  if (columns <= 0) return ''
  // Combining marks take no columns, so even a text of few columns can be extremely long.
  const cut = text.length > columns * 8
  const head = cut ? text.slice(0, columns * 8).replace(/[\ud800-\udbff]$/, '') : text
  if (!cut && textWidth(head) <= columns) return head
  const room = columns - textWidth(ellipsis)
  let fitted = ''
  let width = 0
  for (const segment of splitCharacters(head)) {
    width += textWidth(segment)
    if (width > room) break
    fitted += segment
  }
  return room < 0 ? ellipsis.slice(0, columns) : fitted + ellipsis
}

/** Pads a text with spaces to `columns` columns. */
export function padText(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - textWidth(text)))
}

/** Breaks a text into lines of at most `columns` columns, between words where possible. */
export function wrapText(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (textWidth(longer) <= columns) {
      line = longer
      continue
    }
    if (line !== '') lines.push(line)
    const pieces = splitWord(word, columns)
    line = pieces.pop() ?? ''
    lines.push(...pieces)
  }
  lines.push(line)
  return lines
}

function splitWord(word: string, columns: number): string[] {
  const pieces = ['']
  let width = 0
  for (const segment of splitCharacters(word)) {
    const segmentWidth = textWidth(segment)
    if (width + segmentWidth > columns) {
      pieces.push('')
      width = 0
    }
    pieces[pieces.length - 1] += segment
    width += segmentWidth
  }
  return pieces
}

/** Yields the characters as a reader sees them (grapheme clusters). */
function* splitCharacters(text: string): Generator<string> {
  // Creating an Intl.Segmenter takes 20 ms, a third of the command's startup time, so ASCII text is split without it.
  if (ASCII.test(text)) yield* text
  else for (const { segment } of new Intl.Segmenter().segment(text)) yield segment
}
