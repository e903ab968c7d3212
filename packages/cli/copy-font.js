// Copies the font for PNG images into dist/fonts/. The font's npm package is not a dependency of `osprofiler`, because
// that package contains 21 more fonts and takes 12 MB.

import { copyFileSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'

const FONT = 'dejavu-fonts-ttf/ttf/DejaVuSansCondensed.ttf'

const target = fileURLToPath(new URL('dist/fonts/', import.meta.url))
mkdirSync(target, { recursive: true })
copyFileSync(createRequire(import.meta.url).resolve(FONT), `${target}${basename(FONT)}`)
