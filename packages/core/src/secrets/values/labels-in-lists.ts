import { isPlainName, takesValue } from '../names/lists-of-names.js'
import { isSecretName } from '../names/secret-names.js'
import { forEachMatch, hideSpan, type Span } from './text-spans.js'
import { readValueAt } from './values-in-text.js'

const LABEL = /(?<=[[,]\s{0,4}\\{0,7})["']([\w.-]{2,64})\\{0,7}["']\s{0,4},\s{0,4}(?=[\\"'\d[{])/g

/** Finds values that follow a secret name in a JSON list: `["X-Api-Key","..."]`. */
export function findListLabels(text: string, spans: Span[]): void {
  forEachMatch(LABEL, text, ([, label = '']) => {
    if (!isSecretName(label)) return
    const value = readValueAt(text, LABEL.lastIndex)
    const [span] = value?.spans ?? []
    const isQuoted = span !== undefined && span.start > LABEL.lastIndex
    if (isQuoted && !takesValue(label) && isPlainName(text.slice(span.start, span.end))) return
    for (const { start, end } of value?.spans ?? []) hideSpan(spans, start, end)
    if (value !== undefined && value.end > LABEL.lastIndex) LABEL.lastIndex = value.end
  })
}
