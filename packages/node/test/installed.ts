import { spawn } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** A program in its own folder, in which this project's packages are installed, but no client for any store. */
export interface InstalledProgram {
  /** The parent folder of the program's folder. It contains nothing else. */
  readonly outside: string
  /** The program's own folder. */
  readonly folder: string
  /** Writes a file to the program's folder. Returns the file's path. */
  write(name: string, text: string): string
  remove(): void
  /** Runs Node with these arguments until it exits. */
  run(args: readonly string[], options?: RunOptions): Promise<Outcome>
}

export interface RunOptions {
  readonly cwd?: string
  /** The program's environment. Of the test's own environment, only PATH is inherited. */
  readonly env?: Readonly<Record<string, string>>
}

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const packages = fileURLToPath(new URL('../..', import.meta.url))

/** Installs a program. The caller must call `remove`. */
export function installProgram(): InstalledProgram {
  const outside = realpathSync(mkdtempSync(join(tmpdir(), 'osprofiler-installed-')))
  // Any user may read the folder, because some tests run the program as a different user.
  chmodSync(outside, 0o755)
  const folder = join(outside, 'app')
  for (const name of ['core', 'drivers', 'instruments', 'node']) {
    const installed = join(folder, 'node_modules', '@osprofiler', name)
    cpSync(join(packages, name, 'dist'), join(installed, 'dist'), { recursive: true })
    cpSync(join(packages, name, 'package.json'), join(installed, 'package.json'))
  }
  const uuid = dirname(createRequire(join(packages, 'core', 'package.json')).resolve('uuid/package.json'))
  cpSync(uuid, join(folder, 'node_modules', 'uuid'), { recursive: true, dereference: true })
  writeFileSync(join(folder, 'package.json'), '{ "name": "app", "type": "module" }')
  return {
    outside,
    folder,
    write(name, text) {
      const path = join(folder, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
      return path
    },
    remove: () => rmSync(outside, { recursive: true, force: true }),
    run: (args, options) => runNode(args, { cwd: folder, ...options }),
  }
}

function runNode(args: readonly string[], { cwd, env = {} }: RunOptions): Promise<Outcome> {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const outcome = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      outcome[name] += chunk
    })
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ code, ...outcome }))
  })
}
