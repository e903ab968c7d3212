import type { WriteStream } from 'node:tty'
import type { RenderTreeOptions } from '@osprofiler/report'

/**
 * Returns a terminal's width, and whether it shows colors and Unicode. Colors depend on NO_COLOR and FORCE_COLOR. By
 * default, a pipe gets no colors. Unicode depends on the locale.
 */
export function describeTerminal(stream: Partial<WriteStream>, env: NodeJS.ProcessEnv): RenderTreeOptions {
  const columns = Number(env.COLUMNS)
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG
  return {
    width: stream.columns || (Number.isInteger(columns) && columns > 0 ? columns : undefined),
    color: isColorful(stream, env),
    // Containers usually set no locale, but their terminals can show all characters.
    unicode: !locale || /utf-?8/i.test(locale),
  }
}

function isColorful(stream: Partial<WriteStream>, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR !== undefined) return !['0', 'false'].includes(env.FORCE_COLOR)
  return stream.isTTY === true && env.TERM !== 'dumb'
}
