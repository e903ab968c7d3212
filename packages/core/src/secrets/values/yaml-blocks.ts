import { isBlank } from './characters.js'
import type { Span } from './text-spans.js'

const HEAD = /(?:[|>][+-]?\d?)?[ \t]*\r?\n/y
const PREFIX = /(?:- {1,8}){0,8}(?:[\w.-]{1,64}:(?=\s|$)[ \t]{0,8})?(?:[|>][+-]?$)?/y

/** Finds the values in the indented lines after a name in YAML. Ignores the lines of a stack trace. */
export function readYamlBlock(
  text: string,
  start: number,
): { spans: Pick<Span, 'start' | 'end'>[]; end: number } | undefined {
  HEAD.lastIndex = start
  if (!HEAD.test(text)) return undefined
  const isText = text.charCodeAt(start) === 124 || text.charCodeAt(start) === 62
  const outerIndent = countIndent(text, text.lastIndexOf('\n', start - 1) + 1)
  const spans: Pick<Span, 'start' | 'end'>[] = []
  let end = start
  for (let line = HEAD.lastIndex; line < text.length; ) {
    const next = text.indexOf('\n', line)
    let close = next === -1 ? text.length : next
    if (text.charCodeAt(close - 1) === 13) close--
    const indent = countIndent(text, line)
    const from = line + indent
    if (from < close) {
      const isItem = !isText && indent === outerIndent && text.startsWith('- ', from)
      if ((indent <= outerIndent && !isItem) || text.startsWith('at ', from)) break
      const begin = isText ? from : skipPrefix(text, from, close)
      if (begin < close) spans.push({ start: begin, end: close })
      end = close
    }
    if (next === -1) break
    line = next + 1
  }
  return spans.length === 0 ? undefined : { spans, end }
}

function countIndent(text: string, line: number): number {
  let at = line
  while (isBlank(text.charCodeAt(at))) at++
  return at - line
}

function skipPrefix(text: string, from: number, close: number): number {
  PREFIX.lastIndex = from
  return PREFIX.test(text) && PREFIX.lastIndex <= close ? PREFIX.lastIndex : from
}
