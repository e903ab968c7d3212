import { nodeResolve } from '@rollup/plugin-node-resolve'
import { build as esbuild } from 'esbuild'
import { rollup } from 'rollup'
import webpack from 'webpack'

export type Format = 'esm' | 'cjs'
type Bundle = (entry: string, outfile: string, format: Format, external: string[]) => Promise<void>

export const BUNDLERS: Record<string, Bundle> = {
  async esbuild(entry, outfile, format, external) {
    await esbuild({
      entryPoints: [entry],
      bundle: true,
      platform: 'node',
      format,
      outfile,
      external,
      logLevel: 'error',
    })
  },
  async rollup(entry, outfile, format, external) {
    const plugins = [nodeResolve({ preferBuiltins: true, exportConditions: ['node'] })]
    const bundle = await rollup({ input: entry, external: [...external, /^node:/], plugins, onwarn: () => undefined })
    await bundle.write({ file: outfile, format, inlineDynamicImports: true })
  },
  async webpack(entry, outfile, format, external) {
    const isModule = format === 'esm'
    const filename = outfile.slice(outfile.lastIndexOf('/') + 1)
    const type = isModule ? 'module' : 'commonjs'
    // A CommonJS bundle loads external packages with require(), even packages that are ECMAScript modules.
    const externals = Object.fromEntries(external.map(name => [name, `${type} ${name}`]))
    const compiler = webpack({
      mode: 'production',
      target: 'node20',
      entry,
      externals,
      output: { path: outfile.slice(0, outfile.lastIndexOf('/')), filename, module: isModule, chunkFormat: type },
      experiments: { outputModule: isModule },
      // Minifying takes ten seconds, and only makes the bundle smaller.
      optimization: { minimize: false },
    })
    await new Promise<void>((resolve, reject) => {
      compiler?.run((error, stats) => {
        if (error || stats?.hasErrors()) reject(error ?? new Error(stats?.toString({ all: false, errors: true })))
        else resolve()
      })
    })
  },
}
