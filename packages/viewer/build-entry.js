// Builds one entry of pages/ into one script and one style sheet.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const here = fileURLToPath(new URL('.', import.meta.url))

/**
 * Returns the script (which begins with the license notices), the style, and the list of third-party packages in the
 * script (`bundled`).
 */
export async function buildEntry(name) {
  const output = await build({
    root: `${here}pages`,
    configFile: false,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      write: false,
      target: 'es2022',
      cssMinify: true,
      modulePreload: false,
      lib: { entry: `${here}pages/${name}/main.tsx`, formats: ['iife'], name: 'osprofiler', cssFileName: name },
    },
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  const files = [output].flat().flatMap(part => part.output)
  const chunk = files.find(file => file.type === 'chunk')
  const style = files.find(file => file.fileName.endsWith('.css'))?.source ?? ''
  const bundled = bundledPackages(chunk.moduleIds)
  return {
    // The script is inlined into an HTML file, so nothing in it may end the `script` element.
    script: `${notices(bundled)}${chunk.code.trim()}`.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--'),
    style: String(style).trim(),
    bundled,
  }
}

/** Lists the third-party packages whose modules are in the bundle. */
function bundledPackages(moduleIds) {
  const folders = moduleIds.map(id => /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1])
  const distinct = [...new Set(folders)].filter(folder => folder !== undefined)
  return distinct.map(readPackage).sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** Reads a package's name, version and license text. Throws an Error if there is no license to put into a notice. */
function readPackage(folder) {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
  const file = readdirSync(folder).find(entry => /^licen[cs]e/i.test(entry))
  if (file === undefined || typeof license !== 'string') throw new Error(`${name} has no license in ${folder}.`)
  return { name, version, license, text: readFileSync(`${folder}/${file}`, 'utf8').trim() }
}

/**
 * Returns the notices as comments that minifiers keep. Most licenses require their text in every copy, such as an
 * exported page.
 */
function notices(bundled) {
  return bundled.map(({ name, version, text }) => `/*! ${name} ${version}\n\n${text}\n*/\n`).join('')
}
