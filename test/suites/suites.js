import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findFiles } from './find-files.js'

const STAND_INS = join(import.meta.dirname, 'stand-ins')
const MOCHA_REPORTER = join(import.meta.dirname, 'reporter-mocha.cjs')
const NODE_REPORTER = join(import.meta.dirname, 'reporter-node.js')

const NPM = ['npm', 'install', '--ignore-scripts', '--legacy-peer-deps', '--no-package-lock', '--no-audit', '--no-fund']

/**
 * The suites. Each has its checkout, its install steps (each a command in its folder), the version of Node, its
 * servers, how requests are traced, and its test steps.
 *
 * If `asInstalled` is set, the checkout is in `<folder>/node_modules`, because instruments recognize a library by its
 * path there.
 */
export const SUITES = [
  {
    name: 'express',
    repository: 'expressjs/express',
    mount: 'adapter',
    steps: folder => [mocha(folder, ['--require', 'test/support/env', '--check-leaks', 'test/', 'test/acceptance/'])],
  },
  {
    name: 'koa',
    asInstalled: true,
    repository: 'koajs/koa',
    mount: 'adapter',
    prepare: [['npm', 'run', 'build']],
    steps: folder => [nodeTest(folder, /^__tests__\/.*\.test\.[mc]?js$/)],
  },
  {
    name: 'fastify',
    repository: 'fastify/fastify',
    revision: 'v5.12.1',
    mount: 'adapter',
    steps: folder => [nodeTest(folder, /^test\/.*\.test\.m?js$/)],
  },
  {
    name: '@koa/router',
    folder: 'koa-router',
    repository: 'koajs/router',
    mount: 'adapter',
    // Node 20 accepts a TypeScript main file from ts-node only if nothing was imported before it.
    preload: 'require',
    prepare: [['npm', 'run', 'build']],
    env: { TS_NODE_PROJECT: 'tsconfig.ts-node.json', TS_NODE_TRANSPILE_ONLY: 'true' },
    steps: folder => [nodeTest(folder, /^(test|recipes)\/.*\.test\.ts$/, ['--require', 'ts-node/register'])],
  },
  {
    name: 'express-session',
    repository: 'expressjs/session',
    prepare: [['./test/support/gencert.sh']],
    steps: folder => [mocha(folder, ['--require', 'test/support/env', '--check-leaks', '--no-exit', 'test/'])],
  },
  {
    name: 'passport',
    repository: 'jaredhanson/passport',
    steps: folder => [
      mocha(folder, ['--require', 'test/bootstrap/node', ...findFiles(folder, /^test\/.*\.test\.js$/)]),
    ],
  },
  {
    name: 'multer',
    repository: 'expressjs/multer',
    mount: 'adapter',
    steps: folder => [mocha(folder, ['--exit', '--check-leaks', 'test/'])],
  },
  {
    name: '@fastify/multipart',
    folder: 'fastify-multipart',
    repository: 'fastify/fastify-multipart',
    mount: 'adapter',
    steps: folder => [nodeTest(folder, /^test\/.*\.test\.js$/)],
  },
  {
    name: 'http-proxy-middleware',
    repository: 'chimurai/http-proxy-middleware',
    node: 22,
    steps: folder => [vitest(folder)],
  },
  {
    name: 'pg',
    repository: 'brianc/node-postgres',
    servers: ['postgresql'],
    install: [['npx', '-y', 'yarn@1', 'install', '--ignore-scripts', '--ignore-engines', '--pure-lockfile']],
    prepare: [
      ['node', 'node_modules/typescript/bin/tsc', '--build'],
      ['chmod', '600', 'packages/pg/test/unit/client/pgpass.file'],
      // Yarn makes links from node_modules to the packages. The links are reversed here, because instruments recognize
      // a library by its path in node_modules.
      ...['pg', 'pg-pool'].map(name => [
        ...[
          'bash',
          '-c',
          `rm node_modules/${name} && mv packages/${name} node_modules && ln -s ../node_modules/${name} packages`,
        ],
      ]),
    ],
    env: { PGTESTNOSSL: 'true' },
    steps: folder => [
      ...findFiles(join(folder, 'packages/pg'), /^test\/(unit|integration)\/.*-tests\.js$/).map(file => ({
        args: [file],
        cwd: join(folder, 'packages/pg'),
        format: 'printed',
        label: file,
      })),
      mocha(folder, ['--exit', '--timeout', '20000'], 'packages/pg-pool'),
      mocha(folder, ['--exit', '--timeout', '20000'], 'packages/pg-cursor'),
      mocha(
        folder,
        ['--exit', '--timeout', '20000', '-r', 'ts-node/register', 'test/**/*.ts'],
        'packages/pg-query-stream',
      ),
    ],
  },
  {
    name: 'mysql2',
    asInstalled: true,
    repository: 'sidorares/node-mysql2',
    servers: ['mariadb'],
    node: 22,
    atOnce: 4,
    steps: folder =>
      findFiles(folder, /^test\/(unit|integration|global)\/.*\.test\.m?[jt]s$/).map(file => ({
        args: ['--import=tsx', file],
        format: 'printed',
        label: file,
        // These tests change settings of the whole server, so they run alone.
        alone: file.startsWith('test/global/'),
      })),
  },
  {
    name: 'ioredis',
    repository: 'redis/ioredis',
    servers: ['redis'],
    env: { TS_NODE_TRANSPILE_ONLY: 'true', NODE_ENV: 'test' },
    steps: folder => [
      mocha(folder, [
        ...['--exit', '--require', 'ts-node/register', '--timeout', '8000'],
        ...['test/helpers/*.ts', 'test/unit/**/*.ts', 'test/functional/**/*.ts'],
      ]),
    ],
  },
  {
    name: 'node-redis',
    repository: 'redis/node-redis',
    prepare: [['bash', join(STAND_INS, 'build-node-redis.sh')]],
    // The tests start their servers with Docker. Here, a script that starts Debian's Redis replaces Docker.
    env: { PATH: `${STAND_INS}:${process.env.PATH}` },
    steps: folder => [
      mocha(folder, ['--exit', 'dist/lib/**/*.spec.js', '--redis-version=7.0'], 'node_modules/@redis/client'),
    ],
  },
  {
    name: 'knex',
    asInstalled: true,
    repository: 'knex/knex',
    servers: ['postgresql', 'mariadb'],
    prepare: [['node', 'node_modules/typescript/bin/tsc']],
    env: { DB: 'postgres mysql2', KNEX_TEST: join(STAND_INS, 'knex-servers.cjs') },
    steps: folder => [
      mocha(folder, ['--exit', '-t', '10000', '--config', 'test/mocha-unit-config-test.js']),
      mocha(folder, ['--exit', '-t', '10000', '--config', 'test/mocha-integration-config-test.js']),
    ],
  },
  {
    name: 'undici',
    repository: 'nodejs/undici',
    node: 22,
    prepare: [
      ['npm', 'run', 'generate-pem'],
      ['npm', 'run', 'build:node'],
    ],
    steps: folder => [
      nodeTest(folder, /^test\/[^/]*\.js$/, ['--expose-gc'], '*.js'),
      nodeTest(folder, /^test\/fetch\/[^/]*\.js$/, ['--expose-gc', '--test-concurrency=1'], 'fetch'),
      nodeTest(
        folder,
        /^test\/(node-fetch|infra|cache|cache-interceptor|interceptors|cookie|eventsource|subresource-integrity|webidl|busboy|websocket|node-test)\/(?!.*(fixtures|utils?)\/).*\.js$/,
        ['--expose-gc'],
        'folders',
      ),
    ],
  },
  {
    name: 'axios',
    repository: 'axios/axios',
    steps: folder => [mocha(folder, ['test/unit/**/*.js', '--timeout', '30000', '--exit'])],
  },
  {
    name: 'got',
    repository: 'sindresorhus/got',
    node: 22,
    env: { NODE_OPTIONS: '--import=tsx/esm' },
    steps: folder => [{ args: [locateBinary(folder, 'ava'), '--tap'], format: 'tap' }],
  },
  {
    name: 'amqplib',
    asInstalled: true,
    repository: 'amqp-node/amqplib',
    servers: ['rabbitmq'],
    steps: folder => [nodeTest(folder, /^test\/.*\.test\.js$/, ['--test-timeout=300000'])],
  },
  {
    name: 'graphql-yoga',
    repository: 'dotansimha/graphql-yoga',
    install: [['npx', '-y', 'pnpm@10', 'install', '--ignore-scripts', '--frozen-lockfile']],
    prepare: [['node', 'packages/graphql-yoga/scripts/generate-graphiql-html.js']],
    steps: folder => [
      {
        args: [locateBinary(folder, 'jest'), '--json', '--outputFile={results}', '--maxWorkers=2', '--forceExit'],
        format: 'jest',
      },
    ],
  },
].map(suite => {
  const { name, folder = name, asInstalled = false } = suite
  return { install: [NPM], prepare: [], ...suite, folder, place: asInstalled ? `node_modules/${folder}` : folder }
})

function mocha(folder, args, inside = '') {
  const cwd = join(folder, inside)
  return { args: [locateBinary(cwd, 'mocha'), '--reporter', MOCHA_REPORTER, ...args], cwd, label: inside }
}

function nodeTest(folder, pattern, options = [], label = '') {
  const reporter = [`--test-reporter=${NODE_REPORTER}`, '--test-reporter-destination={results}']
  const files = findFiles(folder, pattern)
  // A failed test may prevent its file from exiting.
  const limits = ['--test-concurrency=4', '--test-timeout=120000']
  return { args: [...limits, ...options, '--test', ...reporter, ...files], label }
}

function vitest(folder) {
  return { args: [locateBinary(folder, 'vitest'), 'run', '--reporter=json', '--outputFile={results}'], format: 'jest' }
}

/**
 * Returns the path of a program in `node_modules`, in this folder or in a folder above it. Does not return the script
 * in `.bin`, which would start an extra process.
 */
function locateBinary(folder, name) {
  const manifest = join(folder, 'node_modules', name, 'package.json')
  if (!existsSync(manifest)) return folder === '/' ? name : locateBinary(join(folder, '..'), name)
  const { bin: files } = JSON.parse(readFileSync(manifest, 'utf8'))
  return join(manifest, '..', typeof files === 'string' ? files : (files[`_${name}`] ?? files[name]))
}
