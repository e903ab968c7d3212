import { Math } from '../../platform/platform.js'
import { REDACTED } from '../names/secret-names.js'

/** Part of a text, up to but without the character at `end`, and the text to show in place of the part. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly shown: string
}

/** Adds the part of a text between two places as a secret. Ignores an empty part. */
export function hideSpan(spans: Span[], start: number, end: number): void {
  if (end > start) spans.push({ start, end, shown: REDACTED })
}

/** Calls `visit` for each match. The search goes on from `lastIndex` of the pattern, which `visit` may move. */
export function forEachMatch(pattern: RegExp, text: string, visit: (match: RegExpExecArray) => void): void {
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) visit(match)
}

/** Adds the first group of each match as a secret. The group must end the match. */
export function hideGroups(pattern: RegExp, text: string, spans: Span[]): void {
  forEachMatch(pattern, text, ([, group = '']) => hideSpan(spans, pattern.lastIndex - group.length, pattern.lastIndex))
}

/** Returns the first `length` characters of a text without its spans. Spans that overlap or touch become one. */
export function replaceSpans(text: string, spans: Span[], length: number): string {
  spans.sort((a, b) => a.start - b.start || b.end - a.end)
  let shown = ''
  let from = 0
  for (let index = 0; index < spans.length; ) {
    let { start, end, shown: replacement } = spans[index] as Span
    if (start >= length) break
    for (index++; index < spans.length; index++) {
      const next = spans[index] as Span
      if (next.start > end || (next.start === end && replacement !== REDACTED)) break
      // A rewritten part cannot be separated from another part that overlaps it.
      if (next.end > end || next.shown === REDACTED) replacement = REDACTED
      end = Math.max(end, next.end)
    }
    shown += text.slice(from, start) + replacement
    from = end
  }
  return from >= length ? shown : shown + text.slice(from, length)
}
