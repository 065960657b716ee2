import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findPython } from './find-python.ts'

test('an interpreter that was named and lacks a module, or is not there, is an error and no skipped test', () => {
  // Node stands for one without modules, as not every machine has a Python.
  for (const named of [process.execPath, '/nowhere/python']) {
    process.env.ASTRA_TEST_PYTHON = named
    assert.throws(() => findPython('mlserver'), /^Error: ASTRA_TEST_PYTHON \(.*\) cannot import mlserver: /)
  }
})
