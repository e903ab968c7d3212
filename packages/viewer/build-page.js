// Builds the application of page/ into dist/page/: app.js, app.css and theme.css, which the package inlines.
// Does nothing when nothing it is made of has changed. Needs @osprofiler/report built.

import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const here = fileURLToPath(new URL('.', import.meta.url))
const target = `${here}dist/page/`

if (newest([`${here}page`, `${here}../report/dist`, `${here}build-page.js`]) > newest([target])) await buildPage()

async function buildPage() {
  const output = await build({
    root: `${here}page`,
    configFile: false,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      write: false,
      target: 'es2022',
      cssMinify: true,
      modulePreload: false,
      lib: { entry: `${here}page/main.tsx`, formats: ['iife'], name: 'osprofiler', cssFileName: 'app' },
    },
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  const files = [output].flat().flatMap(part => part.output)
  mkdirSync(target, { recursive: true })
  const script = files.find(file => file.type === 'chunk')?.code ?? ''
  const style = files.find(file => file.fileName.endsWith('.css'))?.source ?? ''
  // Inlined into an HTML file: nothing in the application may end the element that it stands in.
  writeFileSync(`${target}app.js`, script.trim().replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--'))
  writeFileSync(`${target}app.css`, String(style).trim())
  writeFileSync(`${target}theme.css`, readFileSync(`${here}page/theme.css`, 'utf8'))
}

/** When the youngest file in these files and folders was written; 0 where there is none. */
function newest(paths) {
  let latest = 0
  for (const path of paths) {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat === undefined) continue
    latest = Math.max(latest, stat.isDirectory() ? newestIn(path) : stat.mtimeMs)
  }
  return latest
}

function newestIn(folder) {
  return newest(readdirSync(folder).map(name => `${folder}/${name}`))
}
