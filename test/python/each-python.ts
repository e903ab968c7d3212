import { beforeAll, describe } from 'vitest'
import { DEBIAN_PYTHON, fetchNewestPython } from '../servers/python-osprofiler.js'

/** Each OSProfiler for Python that the project is tried with, and the Python that has it. */
const PYTHONS = [
  { version: '3.4', python: DEBIAN_PYTHON },
  { version: '4.4', python: await fetchNewestPython() },
] as const

/** A version of OSProfiler for Python. */
export type PythonVersion = (typeof PYTHONS)[number]['version']

let current: string = DEBIAN_PYTHON

/** The Python of the suite that runs: Debian's, where a suite is for one alone. */
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
