import { parseJson, stringifyJson } from '@osprofiler/core/json'
import { answerTimes } from '../answer.js'
import { JSON_LINES } from './json-lines.js'

const values = lines => lines.map(parseJson)
const each = (items, work) => async count => {
  for (let i = 0; i < count; i++) work(items[i % items.length])
}

answerTimes(
  Object.fromEntries(
    Object.entries(JSON_LINES).flatMap(([name, [, lines]]) => [
      [`${name} parseJson`, each(lines, parseJson)],
      [`${name} JSON.parse`, each(lines, line => JSON.parse(line))],
      [`${name} stringifyJson`, each(values(lines), value => stringifyJson(value))],
      [`${name} JSON.stringify`, each(values(lines), value => JSON.stringify(value))],
    ]),
  ),
)
