import { describe, expect, it } from 'vitest'
import { describeTerminal } from '../src/output/describe-terminal.js'

const TERMINAL = { isTTY: true, columns: 120 } as const

describe('describeTerminal', () => {
  it("colors a terminal's output, and uses the terminal's width", () => {
    expect(describeTerminal(TERMINAL, { LANG: 'de_DE.UTF-8' })).toEqual({ width: 120, color: true, unicode: true })
  })

  it.each([
    [{ NO_COLOR: '1' }, false],
    [{ NO_COLOR: '' }, true],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    [{ FORCE_COLOR: '0' }, false],
    [{ TERM: 'dumb' }, false],
  ])('for a terminal with the environment %j, sets color to %s', (env, color) => {
    expect(describeTerminal(TERMINAL, env).color).toBe(color)
  })

  it('colors a pipe only with FORCE_COLOR', () => {
    expect(describeTerminal({}, {}).color).toBe(false)
    expect(describeTerminal({}, { FORCE_COLOR: '1' }).color).toBe(true)
  })

  it('takes the width of a pipe from COLUMNS if COLUMNS is a positive number', () => {
    expect(describeTerminal({}, { COLUMNS: '100' }).width).toBe(100)
    for (const COLUMNS of ['', 'wide', '-5', '0']) expect(describeTerminal({}, { COLUMNS }).width).toBeUndefined()
  })

  it.each([
    [{}, true],
    [{ LANG: 'C' }, false],
    [{ LC_ALL: 'POSIX', LANG: 'en_US.UTF-8' }, false],
    [{ LC_ALL: '', LC_CTYPE: 'C.utf8', LANG: 'C' }, true],
  ])('for the locale %j, sets unicode to %s', (env, unicode) => {
    expect(describeTerminal(TERMINAL, env).unicode).toBe(unicode)
  })
})
