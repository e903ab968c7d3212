import { alternate, createTask } from '../alternate.js'
import { startNode, startPython } from '../child.js'
import { ratio, summarise } from '../statistics.js'
import { printTable, show, verdict } from '../table.js'

const AIM_RATIO = 1.3

/** Our functions, the least code that does the same work, and the functions of Python's OSProfiler. */
const ROWS = [
  ['signedUnpack(), a key ring', 'verify', 'verifyBare', 'verify'],
  ['signedPack()', 'sign', 'signBare', 'sign'],
  ["a point's headers", 'headers', 'headersBare', 'sign'],
  // Python has no tickets.
  ['createTicketVerifier()', 'verifyTicket', 'verifyTicketBare', undefined],
  ['signTicket()', 'signTicket', 'signTicketBare', undefined],
]

export async function runSignatures(effort) {
  const rows = []
  for (const [name, own, bare, python] of ROWS) {
    const samples = await alternate(
      [
        createTask('own', () => startNode('signatures/ours.js', own)),
        createTask('bare', () => startNode('signatures/ours.js', bare)),
        createTask('HMAC', () => startNode('signatures/ours.js', 'hmac')),
        ...(python === undefined ? [] : [createTask('python', () => startPython('signatures/python.py', python))]),
      ],
      effort,
    )
    const ns = contender => summarise(samples.get(contender).flat()).median.toFixed(0)
    const ofBare = ratio(samples, 'own', 'bare')
    rows.push([
      name,
      ns('own'),
      ns('HMAC'),
      ns('bare'),
      python === undefined ? '' : ns('python'),
      show(ofBare),
      verdict(ofBare.median, AIM_RATIO),
      python === undefined ? '' : show(ratio(samples, 'own', 'python')),
    ])
  }
  printTable(
    'Signatures, in ns',
    [
      '',
      'ours',
      'only HMAC',
      'HMAC and JSON',
      "Python's",
      'ratio to HMAC and JSON',
      `aim ${AIM_RATIO}`,
      "ratio to Python's",
    ],
    rows,
  )
}
