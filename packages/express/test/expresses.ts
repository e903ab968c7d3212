import type express5 from 'express'
import express from 'express'
import express4 from 'express4'

/**
 * The versions of Express that the middleware supports. Their types differ, but not in the parts that the tests use.
 */
export const expresses: readonly { readonly version: string; readonly express: typeof express5 }[] = [
  { version: '5', express },
  { version: '4', express: express4 as unknown as typeof express5 },
]
