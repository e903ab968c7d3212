import stringWidth from 'fast-string-width'

const ASCII = /^[ -~]*$/

/** The columns that a text takes in a terminal: two for a wide character, none for a combining mark. */
export function textWidth(text: string): number {
  return ASCII.test(text) ? text.length : stringWidth(text)
}

/** The text in at most so many columns; what does not fit is cut at the end, where `ellipsis` then stands. */
export function fitText(text: string, columns: number, ellipsis: string): string {
  if (columns <= 0) return ''
  // A character that takes columns may bring marks that take none, so text of few columns can still be endless.
  const cut = text.length > columns * 8
  const head = cut ? text.slice(0, columns * 8).replace(/[\ud800-\udbff]$/, '') : text
  if (!cut && textWidth(head) <= columns) return head
  const room = columns - textWidth(ellipsis)
  // Intl.Segmenter takes 20 ms to make, as long as half of the command's start: plain text does without.
  if (ASCII.test(head)) return room < 0 ? ellipsis.slice(0, columns) : head.slice(0, room) + ellipsis
  let fitted = ''
  let width = 0
  for (const { segment } of new Intl.Segmenter().segment(head)) {
    width += textWidth(segment)
    if (width > room) break
    fitted += segment
  }
  return room < 0 ? ellipsis.slice(0, columns) : fitted + ellipsis
}

/** The text, filled up with spaces to so many columns. */
export function padText(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - textWidth(text)))
}

/** The text in lines of at most so many columns, broken between words where that can be. */
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
  for (const { segment } of new Intl.Segmenter().segment(word)) {
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
