import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

const CHILD_FILE = fileURLToPath(new URL('child.js', import.meta.url))

// These flags fix everything that would otherwise depend on the machine's clock or cores: they disable the compiler,
// V8's threads and random seeds. The heap has room for all objects, so that nothing is collected during the count.
const FLAGS = [
  ...['--jitless', '--predictable', '--single-threaded', '--hash-seed=1', '--random-seed=1'],
  ...['--min-semi-space-size=256', '--max-semi-space-size=256', '--expose-gc'],
]

// The lowest of several rounds is the most accurate. Under Valgrind, each round takes seconds, so there are only two.
const BYTE_ROUNDS = 5
const INSTRUCTION_ROUNDS = 2

// OpenSSL has code for each type of CPU. With 0, it uses the code for the simplest CPU.
const ENVIRONMENT = { OPENSSL_ia32cap: '0', TZ: 'UTC' }

/** Counts the bytes that one repetition of each workload allocates on the heap, by workload name. */
export async function countBytes(node, workloads) {
  const { stdout } = await run(node, [...FLAGS, CHILD_FILE, String(BYTE_ROUNDS), ...workloads], {
    env: ENVIRONMENT,
    cwd: '/',
  })
  return divideByRepetitions(readRounds(stdout).map(round => ({ ...round, amount: round.bytes })))
}

/** Counts the instructions that one repetition of each workload executes, by workload name. Needs Valgrind. */
export async function countInstructions(node, workloads) {
  const folder = mkdtempSync(join(tmpdir(), 'osprofiler-costs-'))
  try {
    const out = join(folder, 'out')
    const callgrind = ['--tool=callgrind', `--callgrind-out-file=${out}`, '--dump-before=uv_loadavg']
    const { stdout } = await run(
      'valgrind',
      [...callgrind, node, ...FLAGS, CHILD_FILE, String(INSTRUCTION_ROUNDS), ...workloads],
      {
        env: { ...ENVIRONMENT, PATH: process.env.PATH },
        cwd: '/',
      },
    )
    return divideByRepetitions(
      readRounds(stdout).map((round, at) => ({ ...round, amount: readTotal(`${out}.${2 * at + 2}`) })),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function readRounds(lines) {
  return lines
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
}

/**
 * Reads the total in one of Callgrind's files. Callgrind writes a file at each mark. Files with even numbers contain
 * rounds, and files with odd numbers contain the time between them.
 */
function readTotal(path) {
  const total = /^totals: (\d+)$/m.exec(readFileSync(path, 'utf8'))
  if (total === null) throw new Error(`Callgrind wrote no total into ${path}`)
  return Number(total[1])
}

/**
 * Returns the amount per repetition for each part of each workload, taken from the lowest round. If a hash table grows,
 * for example, it grows in only one of the rounds. The amount of the part `bare` is subtracted from the other parts of
 * its workload.
 */
function divideByRepetitions(rounds) {
  const least = new Map()
  for (const { workload, part, count, amount } of rounds) {
    const parts = least.get(workload) ?? new Map()
    parts.set(part, Math.min(parts.get(part) ?? Number.POSITIVE_INFINITY, amount / count))
    least.set(workload, parts)
  }
  return Object.fromEntries(
    [...least].flatMap(([workload, parts]) => {
      const { bare = 0, ...own } = Object.fromEntries(parts)
      return Object.entries(own).map(([part, amount]) => [toName(workload, part), Math.round(amount - bare)])
    }),
  )
}

function toName(workload, part) {
  return workload === part ? part : `${workload}, ${part}`
}
