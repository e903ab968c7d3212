import { alternate, createTask } from '../alternate.js'
import { startNode, startPython } from '../child.js'
import { ratio, summarise } from '../statistics.js'
import { printTable, show } from '../table.js'
import { JSON_LINES } from './json-lines.js'

const OURS = ['parseJson', 'stringifyJson']

/** Measures reading and writing a record's JSON, compared with Node's own JSON and Python's `json`. */
export async function runJson(effort) {
  const names = Object.keys(JSON_LINES)
  const contenders = names.flatMap(name => {
    // Node's own JSON rejects the lines with exotic numbers, and writes different numbers.
    const node = name === 'exotic' ? OURS : [...OURS, 'JSON.parse', 'JSON.stringify']
    const lines = JSON.stringify(JSON_LINES[name][1])
    return [
      ...node.map(work => createTask(`${name} ${work}`, () => startNode('records/read-json.js', `${name} ${work}`))),
      ...['loads', 'dumps'].map(work =>
        createTask(`${name} ${work}`, () => startPython('records/python.py', work, lines)),
      ),
    ]
  })
  const samples = await alternate(contenders, effort)
  const row = (name, ours, native, python) => {
    const taken = samples.get(`${name} ${ours}`).flat()
    const beside = work =>
      samples.has(`${name} ${work}`) ? show(ratio(samples, `${name} ${ours}`, `${name} ${work}`)) : ''
    return [JSON_LINES[name][0], show(summarise(taken.map(ns => ns / 1e3))), beside(native), beside(python)]
  }
  printTable(
    "A record's JSON, read",
    ['', 'us', 'ratio to JSON.parse', "ratio to Python's json"],
    names.map(name => row(name, 'parseJson', 'JSON.parse', 'loads')),
  )
  printTable(
    "A record's JSON, written",
    ['', 'us', 'ratio to JSON.stringify', "ratio to Python's json"],
    names.map(name => row(name, 'stringifyJson', 'JSON.stringify', 'dumps')),
  )
}
