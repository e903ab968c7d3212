import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { osprofiler } from '../cli-process.js'
import { hideFigures, readSentences } from './read-sentences.js'

/**
 * On a busy machine, another part of a request may take longer than the part that the test makes slow. Therefore, a
 * failed test is repeated up to two times.
 */
export const BUSY = { retry: 2 }

const source = fileURLToPath(new URL('programs', import.meta.url))

/** The command's advice about a request. */
export interface Advice {
  /** The sentences below the tree, without figures. */
  readonly sentences: readonly string[]
  /** The lines that the command prints to standard error, without figures. */
  readonly remarks: string
}

/** Programs that each run in a separate process, with a store for their traces. */
export interface Programs {
  /** The settings with which the command finds the traces. */
  readonly env: NodeJS.ProcessEnv
  /** Starts a program, and resolves to its URL. */
  start(name: string, env?: NodeJS.ProcessEnv): Promise<string>
  /** Sends one signed request with the command, as a user does. */
  ask(url: string, ...options: string[]): Promise<Advice>
  stop(): Promise<void>
}

/** Compiles the programs with esbuild, as their users would. */
export async function compilePrograms(): Promise<Programs> {
  const folder = mkdtempSync(join(tmpdir(), 'osprofiler-causes-'))
  // This folder is inside the project, so that the programs find the packages.
  const compiled = mkdtempSync(fileURLToPath(new URL('../dist-causes-', import.meta.url)))
  const env = {
    OSPROFILER_HMAC_KEYS: 'o7Vt2kQ9xWc4LmZs8RbYpD1g',
    OSPROFILER_CONNECTION_STRING: `sqlite:///${join(folder, 'traces.db')}`,
  }
  await build({
    entryPoints: readdirSync(source).map(file => join(source, file)),
    outdir: compiled,
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    logLevel: 'error',
  })
  const running: ChildProcess[] = []
  return {
    env,
    async start(name, own) {
      const program = fork(join(compiled, `${name}.mjs`), {
        env: { ...process.env, ...env, ...own },
        execArgv: ['--disable-warning=ExperimentalWarning'],
      })
      running.push(program)
      const ended = once(program, 'exit').then(([code]) => Promise.reject(new Error(`${name} ended with ${code}`)))
      ended.catch(() => undefined)
      const [{ url }] = await Promise.race([once(program, 'message'), ended])
      return url
    },
    async ask(url, ...options) {
      const { stdout, stderr } = await osprofiler(['run', url, ...options], { env })
      return { sentences: readSentences(stdout).map(hideFigures), remarks: hideFigures(stderr) }
    },
    async stop() {
      await Promise.all(running.map(stopProgram))
      for (const made of [compiled, folder]) rmSync(made, { recursive: true, force: true })
    },
  }
}

async function stopProgram(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null) return
  const ended = once(program, 'exit')
  if (program.connected) program.disconnect()
  await ended
}

/** Replaces `{name}` in a sentence by the file and line that follow the comment `line: name` in a program. */
export function insertLines(sentence: string): string {
  return sentence.replace(/\{([\w-]+)\}/g, (_, name) => MARKED_LINES.get(name) ?? `no line is marked ${name}`)
}

const MARKED_LINES: ReadonlyMap<string, string> = new Map(
  readdirSync(source).flatMap(file =>
    readFileSync(join(source, file), 'utf8')
      .split('\n')
      .flatMap((line, at) => {
        const [, name] = /^ *\/\/ line: ([\w-]+)$/.exec(line) ?? []
        return name === undefined ? [] : [[name, `test/causes/programs/${file}:${at + 2}`] as const]
      }),
  ),
)

/** Returns the sentences that name a cause. A sentence about the critical path does not name a cause. */
export function findBlame({ sentences }: Advice): readonly string[] {
  return sentences.filter(sentence => !sentence.startsWith('The critical path is '))
}
