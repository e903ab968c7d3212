import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { AdmittedTrace } from '../src/admission/admitted-trace.js'
import { toSecretKey } from '../src/keys/secret-key.js'
import { findKnownTrace } from '../src/points/known-traces.js'

it('an admitted trace becomes known to the process only when it is opened', () => {
  const admitted = new AdmittedTrace({ key: toSecretKey('KEY'), baseId: 'admitted', parentId: 'caller' }, undefined)
  const before = findKnownTrace('admitted')

  const trace = admitted.open(10)

  expect(before).toBeUndefined()
  expect(findKnownTrace('admitted')).toBe(trace.known)
  expect([trace.baseId, trace.rootId, trace.maxPoints]).toEqual(['admitted', 'caller', 10])
})

it('an admitted trace does not expose the signing key', () => {
  const admitted = new AdmittedTrace({ key: toSecretKey('SECRET'), baseId: 'a', parentId: 'a' }, undefined)

  expect(Object.keys(admitted)).toEqual(['baseId'])
  expect(inspect(admitted, { depth: 9, showHidden: true })).not.toMatch(/SECRET|KeyObject/)
})
