import type { WriteStream } from 'node:tty'
import type { RenderTreeOptions } from '@osprofiler/report'

/**
 * What a stream can show: its width, whether colours are welcome (NO_COLOR and FORCE_COLOR count, and a pipe gets
 * none), and whether the locale has more than ASCII.
 */
export function describeTerminal(stream: Partial<WriteStream>, env: NodeJS.ProcessEnv): RenderTreeOptions {
  const columns = Number(env.COLUMNS)
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG
  return {
    width: stream.columns || (Number.isInteger(columns) && columns > 0 ? columns : undefined),
    color: isColorful(stream, env),
    // Containers mostly set no locale at all, and their terminals show everything.
    unicode: !locale || /utf-?8/i.test(locale),
  }
}

function isColorful(stream: Partial<WriteStream>, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR !== undefined) return !['0', 'false'].includes(env.FORCE_COLOR)
  return stream.isTTY === true && env.TERM !== 'dumb'
}
