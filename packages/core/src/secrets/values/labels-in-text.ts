import { isHarmlessText } from '../names/harmless-values.js'
import { isSecretName, type NameKind } from '../names/secret-names.js'
import { hideSpan, type Span } from './text-spans.js'
import { readValueAt, skipBlanks } from './values-in-text.js'

/** Maximum distance between a label and its value, in characters. */
const MAX_DISTANCE_CHARS = 512
const MAX_LABEL_CHARS = 80
// Matches the value in `<property name="password">...</property>`.
const ELEMENT = /[^<>\n]{0,128}>\s{0,64}(?:<(?:value|string)>)?([^<>]+)(?=<)/y
const HAS_VALUES = /val|cont|data|text|default|raw|input|>/i
// Matches a part of a multipart form: its name, its headers, an empty line, and its value.
const FORM_PART = /["']?[^\n]{0,64}\n(?:[\w-]{1,64}:[^\n]{0,256}\n){0,4}\r?\n([^\r\n]+)/y

/** Labels and values of one text, in the order in which `findPairs` reads their names. */
export interface Labels {
  /** Reads a name before a sign (`=` or `:`). Returns the index at which to continue. */
  read(name: string, kind: NameKind, sign: number): number
}

/** Finds the values of `{"name": "Authorization", "value": "..."}` and `<add key="password" value="..."/>`. */
export function createLabels(text: string, spans: Span[]): Labels {
  /** The end of the last secret label. `valueSign`: the index of the sign before the last value. */
  let labelEnd = -1
  let valueSign = -1
  let labelled = ''
  let secret = ''
  const hasLines = text.includes('\n')
  // Most texts contain names, but none of the words or signs of a labeled value.
  const hasValues = hasLines || HAS_VALUES.test(text)
  const isNear = (from: number, to: number) => to - from <= MAX_DISTANCE_CHARS && !/[{}<>]/.test(text.slice(from, to))

  return {
    read(name, kind, sign) {
      if (!hasValues) return sign
      if (kind === 'label') return readLabel(name, sign)
      valueSign = sign
      return labelEnd !== -1 && isNear(labelEnd, sign) ? hideValue(text, sign) : sign
    },
  }

  function readLabel(name: string, sign: number): number {
    const start = skipBlanks(text, sign + 1)
    // Labels are short. Without the limit, a long quoted text might be searched to its end for each label before it.
    const named = readValueAt(text.slice(start, start + MAX_LABEL_CHARS), 0)
    const [content] = named?.spans ?? []
    if (name === labelled) labelEnd = -1
    if (named === undefined || content === undefined) return sign
    const labelText = text.slice(start + content.start, start + content.end)
    if (!isSecretName(labelText)) return sign
    secret = labelText
    labelEnd = start + named.end
    labelled = name
    // The value may precede its label.
    if (valueSign !== -1 && valueSign < sign && isNear(valueSign, sign)) hideValue(text.slice(0, sign), valueSign)
    return hideContentAfter(labelEnd)
  }

  function hideValue(within: string, sign: number): number {
    const found = readValueAt(within, skipBlanks(within, sign + 1))
    const [content] = found?.spans ?? []
    if (content !== undefined && isHarmlessText(secret, within.slice(content.start, content.end))) return sign
    for (const { start, end } of found?.spans ?? []) hideSpan(spans, start, end)
    return found?.end ?? sign
  }

  function hideContentAfter(from: number): number {
    ELEMENT.lastIndex = from
    const inner = ELEMENT.exec(text)?.[1]
    if (inner !== undefined) {
      hideSpan(spans, ELEMENT.lastIndex - inner.length, ELEMENT.lastIndex)
      return ELEMENT.lastIndex
    }
    if (!hasLines) return from
    FORM_PART.lastIndex = from - 1
    const content = FORM_PART.exec(text)?.[1]
    if (content === undefined) return from
    hideSpan(spans, FORM_PART.lastIndex - content.length, FORM_PART.lastIndex)
    return FORM_PART.lastIndex
  }
}
