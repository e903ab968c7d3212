import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const exec = promisify(execFile)
/** Tests the built module, because only the build contains the font. */
const MODULE = new URL('../build/show/draw-image.js', import.meta.url).href

describe('drawImage', () => {
  it.each([
    ['Latin', 'é', 'ø'],
    ['Greek', 'α', 'ω'],
    ['Cyrillic', 'ж', 'ф'],
    ['Hebrew', 'ש', 'מ'],
    ['Arabic', 'ش', 'ق'],
    ['symbols', '→', '≠'],
  ])('draws different letters differently: %s', async (_, one, other) => {
    const [first, second] = await Promise.all([draw(one), draw(other)])

    expect(first).not.toBe(second)
  })

  it('draws the same box for letters that the font lacks, such as Chinese', async () => {
    const [first, second] = await Promise.all([draw('東'), draw('京')])

    expect(first).toBe(second)
  })
})

/** Draws a box of fixed size that contains a letter. Runs in a separate process, because resvg can start only once. */
async function draw(letter: string): Promise<string> {
  const dot = `digraph { a [label="${letter}" fixedsize=true width=1 height=1] }`
  const program = `
    import { drawImage } from '${MODULE}'
    console.log(Buffer.from(await drawImage(${JSON.stringify(dot)}, 'png')).toString('base64'))`
  const { stdout } = await exec(process.execPath, ['--input-type=module', '-e', program], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  })
  return stdout
}
