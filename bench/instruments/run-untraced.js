import { alternate, createTask } from '../alternate.js'
import { startNode } from '../child.js'
import { summarise } from '../statistics.js'
import { printTable, show } from '../table.js'

const LIBRARIES = ['http', 'fetch', 'pg', 'ioredis']

/**
 * Measures the time that instruments add to an untraced call, without the call itself. If the call itself were measured
 * too, the added time would be lost in the noise.
 */
export async function runUntraced(effort) {
  const rows = []
  for (const library of LIBRARIES) {
    const start = name => startNode('instruments/untraced.js', name, library)
    const contenders = ['bare', 'untraced'].map(name => createTask(name, () => start(name)))
    const samples = await alternate(contenders, effort)
    const [bare, untraced] = ['bare', 'untraced'].map(name => samples.get(name).flat())
    rows.push([library, show(summarise(untraced.map((ns, index) => ns - bare[index])), 0)])
  }
  printTable('What instruments add to an untraced call: CPU time', ['', 'ns'], rows)
}
