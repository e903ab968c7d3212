export { asNumber, ExactNumber, exactFloat } from './exact-number.js'
export { isIndentable, jsonText, stringifyJson } from './json-text.js'
export { parseJson } from './parse-json.js'
export { holdsWord } from './write-flat.js'
