#!/bin/bash
# Compiles node-redis's packages and their tests, and moves the client to the place of an installed client. Without this
# script, the tests would run from the source, which the instrument does not recognize.
set -e
shopt -s globstar
for name in client test-utils bloom json search time-series entraid; do
  folder=packages/$name
  [ -L "$folder" ] && folder=$(readlink -f "$folder")
  sources=("$folder"/lib/**/*.ts)
  [ -e "$folder/index.ts" ] && sources+=("$folder/index.ts")
  node_modules/.bin/esbuild "${sources[@]}" --outbase="$folder" --outdir="$folder/dist" --format=cjs --platform=node --target=node20 --sourcemap --log-level=error
  cp "$folder/package.json" "$folder/dist"
  sed -i -E 's#"@redis/client/(lib/|index)#"@redis/client/dist/\1#; s#"@redis/test-utils/lib/#"@redis/test-utils/dist/lib/#' "$folder"/dist/**/*.js
done
if [ -L node_modules/@redis/client ]; then
  rm node_modules/@redis/client
  mv packages/client node_modules/@redis
  ln -s ../node_modules/@redis/client packages
fi
