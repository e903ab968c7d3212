import { JSON } from '@osprofiler/core/toolkit'

/** The value of a JSON text. @throws SyntaxError */
export function readJson(text: string): unknown {
  return JSON.parse(text)
}

/** @throws TypeError for what has no JSON */
export function writeJson(value: unknown): string {
  return JSON.stringify(value)
}
