import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { drawArchitecture } from '../docs/images/draw-architecture.js'

describe('the picture of the architecture', () => {
  it('matches the manifests and the pages about stores', () => {
    const drawn = drawArchitecture()

    const kept = readFileSync(new URL('../docs/images/architecture.svg', import.meta.url), 'utf8')

    expect(kept, 'Redraw the picture: node docs/images/draw-architecture.js').toBe(drawn)
  })
})
