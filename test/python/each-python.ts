import { beforeAll, describe } from 'vitest'
import { DEBIAN_PYTHON, fetchNewestPython } from '../servers/python-osprofiler.js'

/** The versions of OSProfiler for Python that the tests use, each with the Python that has it installed. */
const PYTHONS = [
  { version: '3.4', python: DEBIAN_PYTHON },
  { version: '4.4', python: await fetchNewestPython() },
] as const

/** A version of OSProfiler for Python. */
export type PythonVersion = (typeof PYTHONS)[number]['version']

let current: string = DEBIAN_PYTHON

/** Returns the Python of the running suite. The default is Debian's. */
export function currentPython(): string {
  return current
}

/** Declares a suite once for each OSProfiler for Python. */
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
