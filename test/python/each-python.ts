import { beforeAll, describe } from 'vitest'
import { DEBIAN_PYTHON, fetchNewestPython } from '../servers/python-osprofiler.js'

/** The versions of Python's OSProfiler that the tests use, each with a Python interpreter that has it installed. */
const PYTHONS = [
  { version: '3.4', python: DEBIAN_PYTHON },
  { version: '4.4', python: await fetchNewestPython() },
] as const

/** A version of Python's OSProfiler. */
export type PythonVersion = (typeof PYTHONS)[number]['version']

let current: string = DEBIAN_PYTHON

/** Returns the Python that the running suite uses. The default is Debian's. */
export function currentPython(): string {
  return current
}

/** Declares a suite once for each version of Python's OSProfiler. */
export function describeForEachPython(name: string, declare: (version: PythonVersion) => void): void {
  for (const { version, python } of PYTHONS) {
    describe(`${name} (OSProfiler ${version})`, () => {
      beforeAll(() => {
        current = python
      })
      declare(version)
    })
  }
}
