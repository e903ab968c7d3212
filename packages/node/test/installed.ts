import { spawn } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** Program in a folder of its own, with our packages installed beside it, and without a client of any store. */
export interface InstalledProgram {
  /** The parent folder of the program's folder, which contains nothing else. */
  readonly outside: string
  /** The program's own folder. */
  readonly folder: string
  /** Writes a file into the program's folder. Returns its path. */
  write(name: string, text: string): string
  remove(): void
  /** Runs Node with these arguments to its end. */
  run(args: readonly string[], options?: RunOptions): Promise<Outcome>
}

export interface RunOptions {
  readonly cwd?: string
  /** The environment of the program. The environment of the test is not inherited, except for PATH. */
  readonly env?: Readonly<Record<string, string>>
}

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const packages = fileURLToPath(new URL('../..', import.meta.url))

/** Installs a program. The caller has to call `remove`. */
export function installProgram(): InstalledProgram {
  const outside = realpathSync(mkdtempSync(join(tmpdir(), 'osprofiler-installed-')))
  // Some tests run the program as another user.
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
