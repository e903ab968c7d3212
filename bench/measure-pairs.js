import { alternate, createTask, WARM_UP_CALLS } from './alternate.js'
import { startNodeAt } from './child.js'
import { groupByGeneration, medianInterval } from './statistics.js'
import { showInterval } from './table.js'

/**
 * Measures each of our tasks on each version of Node, and the task with which it is compared, if there is one. Returns
 * lines of the summary table, in us of CPU time.
 *
 * A pair is `{title, own, besideTitle, beside}`. `own` is our task, and `beside` is the compared task. Each names a
 * script in this folder and a task of that script.
 */
export async function measurePairs(pairs, { nodes, generations, rounds }) {
  const lines = pairs.map(({ title, besideTitle }) => ({ title, besideTitle, own: [], beside: [] }))
  for (const { path } of nodes) {
    const tasks = pairs.flatMap(({ own, beside = [] }) => [own, beside]).filter(task => task.length > 0)
    const contenders = tasks.map(task => createTask(task.join(' '), () => startNodeAt(path, ...task), WARM_UP_CALLS))
    const samples = await alternate(contenders, { generations, rounds })
    const show = task =>
      showInterval(medianInterval(groupByGeneration(samples, task.join(' ')).map(ns => ns / 1000)), 2)
    for (const [index, { own, beside }] of pairs.entries()) {
      lines[index].own.push(show(own))
      if (beside !== undefined) lines[index].beside.push(show(beside))
    }
  }
  return lines
}
