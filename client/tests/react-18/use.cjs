// Whoever asks for React gets the one beside this file: also the libraries that the tests use.
const Module = require('node:module')

const resolve = Module._resolveFilename
Module._resolveFilename = function (request, parent, ...rest) {
  return resolve.call(this, request, /^react(-dom)?(\/|$)/.test(request) ? module : parent, ...rest)
}
