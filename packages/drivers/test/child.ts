import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished, type TestContext } from 'vitest'

/** The `onTestFinished` hook of a concurrent test. Each concurrent test has to use its own hook. */
export type OnTestFinished = TestContext['onTestFinished']

/** The output and the exit code of a program. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts a fixture in its own process. The process is killed at the end of the running test. */
export function startFixture(
  name: string,
  args: readonly string[],
  options: {
    readonly execArgv?: readonly string[]
    readonly env?: NodeJS.ProcessEnv
    readonly onFinished?: OnTestFinished
  } = {},
): ChildProcessWithoutNullStreams {
  const argv = [...(options.execArgv ?? []), fixture(name), ...args]
  return endWithTest(spawn(process.execPath, argv, { env: { ...process.env, ...options.env } }), options.onFinished)
}

/** Starts a program. Its process is killed at the end of the running test. */
export function startProgram(
  command: string,
  args: readonly string[],
  onFinished?: OnTestFinished,
): ChildProcessWithoutNullStreams {
  return endWithTest(spawn(command, args), onFinished)
}

/** Waits until a program has ended. */
export async function finish(child: ChildProcessWithoutNullStreams): Promise<Outcome> {
  const texts = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', text => {
      texts[stream] += text
    })
  }
  const [code] = await once(child, 'close')
  return { code, ...texts }
}

/** Waits until a program has printed a line. Returns everything that the program has printed so far. */
export async function printed(child: ChildProcessWithoutNullStreams, line: string): Promise<string> {
  let text = ''
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    text += String(chunk)
    if (`\n${text}`.includes(`\n${line}\n`)) return text
  }
  throw new Error(`The program ended without "${line}": ${text}`)
}

/** Returns the path of a fixture. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
}

function endWithTest<Child extends ChildProcess>(child: Child, onFinished: OnTestFinished = onTestFinished): Child {
  onFinished(() => {
    child.kill('SIGKILL')
  })
  return child
}
