// Reads PowerShell as far as a grammar can: syntax, names of commands and of their
// parameters, variables that nothing has set.
//
//   node --liftoff-only check.mjs MODULES syntax FILE...   the syntax only
//   node --liftoff-only check.mjs MODULES names FILE...    what the names mean too
//
// A name is looked for in the script, in the scripts of its directory and the one above,
// in those of connectors/powershell, and in commands.txt. A comment "# given: $a $b" names what the
// maker of the program sets. Status 1: something is wrong.
import fs from 'node:fs'
import path from 'node:path'
import { createRequire } from 'node:module'
import { pathToFileURL, fileURLToPath } from 'node:url'

const [modules, mode, ...files] = process.argv.slice(2)
const from = createRequire(path.resolve(modules, 'x.js'))
const { Parser, Language } = await import(pathToFileURL(from.resolve('web-tree-sitter')).href)
await Parser.init()
const parser = new Parser()
parser.setLanguage(await Language.load(path.resolve(modules, 'node_modules/tree-sitter-powershell/tree-sitter-powershell.wasm')))

const here = path.dirname(fileURLToPath(import.meta.url))
const common = new Set(('verbose debug erroraction warningaction informationaction errorvariable warningvariable ' +
  'informationvariable outvariable outbuffer pipelinevariable whatif confirm').split(' '))
const automatic = new Set(('_ psitem args input true false null error host pid matches executioncontext myinvocation lastexitcode ' +
  'psversiontable pshome pscmdlet psboundparameters psscriptroot pscommandpath home pwd this profile shellid ofs ? ^ $ ' +
  'erroractionpreference progresspreference warningpreference verbosepreference debugpreference confirmpreference ' +
  'informationpreference psculture psuiculture stacktrace pwnonce pwargs64').split(' '))

const cmdlets = new Map()
for (const line of fs.readFileSync(path.join(here, 'commands.txt'), 'utf8').split('\n')) {
  const m = /^([A-Za-z]+-[A-Za-z]+): (.+)$/.exec(line)
  if (m) cmdlets.set(m[1].toLowerCase(), m[2] === '*' ? null : new Set(m[2].toLowerCase().split(' ')))
  else if (line !== '' && !line.startsWith('#')) throw new Error(`commands.txt: ${line}`)
}

let bad = 0
const say = (file, node, words) => {
  bad++
  console.log(`${file}:${node.startPosition.row + 1}:${node.startPosition.column + 1}: ${words}`)
}

// parse copies the tree out of the parser: asking it for each node takes ages.
function parse(text) {
  const cursor = parser.parse(text).walk()
  const copy = (parent) => {
    const node = {
      parent, children: [], type: cursor.nodeType, named: cursor.nodeIsNamed, missing: cursor.nodeIsMissing,
      text: text.slice(cursor.startIndex, cursor.endIndex), startPosition: cursor.startPosition,
    }
    if (cursor.gotoFirstChild()) {
      do node.children.push(copy(node)); while (cursor.gotoNextSibling())
      cursor.gotoParent()
    }
    return node
  }
  const root = copy(null)
  cursor.delete()
  return root
}

function* walk(node) {
  yield node
  for (const child of node.children) yield* walk(child)
}
const first = (node, ...types) => {
  for (const n of walk(node)) if (types.includes(n.type)) return n
  return null
}
const cut = (s) => JSON.stringify(s.length > 40 ? s.slice(0, 40) + '…' : s)

// syntax says what the grammar cannot read, and what only PowerShell 7 can.
function syntax(file, tree) {
  let n = 0
  const errors = (node) => {
    if (node.type === 'ERROR' || node.missing) {
      if (n++ < 5) say(file, node, node.missing ? `missing ${node.type}` : `cannot be read: ${cut(node.text)}`)
      return
    }
    node.children.forEach(errors)
  }
  errors(tree)
  for (const node of walk(tree)) {
    if (/^(pipeline_chain_operator|ternary|null_coalesc|&&|\|\|)/.test(node.type) || ['&&', '||'].includes(node.type)) {
      say(file, node, `PowerShell 7 only: ${cut(node.text)}`)
    }
  }
}

// name is that of a variable, without its scope; "" for one of a drive ($env:x).
function name(node) {
  const m = /^[$@]\{?(?:(script|global|local|private|using|env|function|variable):)?([^}]*)\}?$/i.exec(node.text)
  if (!m) return { scope: '', name: '' }
  const scope = (m[1] ?? '').toLowerCase()
  return { scope, name: ['env', 'function', 'variable'].includes(scope) ? '' : m[2].toLowerCase() }
}

const isVariable = (n) => n.type === 'variable' || n.type === 'braced_variable'
const owner = (node) => {
  for (let n = node.parent; n; n = n.parent) if (n.type === 'function_statement') return n
  return null
}

// read takes a script apart: functions with their parameters, what is set where.
function read(file) {
  const text = fs.readFileSync(file, 'utf8')
  const tree = parse(text)
  const functions = new Map() // name: parameters in order
  const top = new Set() // variables that the whole program sees
  const local = new Map() // variables by their function
  const sets = (node, variable) => {
    const f = owner(node)
    const v = name(variable)
    if (v.name === '') return
    if (!f || v.scope === 'script' || v.scope === 'global') return void top.add(v.name)
    if (!local.has(f)) local.set(f, new Set())
    local.get(f).add(v.name)
  }
  for (const m of text.matchAll(/^# given: (.*)$/gm)) for (const v of m[1].matchAll(/\$(\w+)/g)) top.add(v[1].toLowerCase())
  for (const node of walk(tree)) {
    switch (node.type) {
      case 'function_statement': {
        const parameters = []
        for (const p of walk(node)) {
          if (p.type === 'script_parameter' && owner(p) === node) {
            parameters.push(...p.children.filter(isVariable).map((v) => name(v).name))
          }
        }
        functions.set(first(node, 'function_name').text.toLowerCase(), parameters)
        break
      }
      case 'script_parameter':
        node.children.filter(isVariable).forEach((v) => sets(node, v))
        break
      case 'assignment_expression': {
        const left = node.children[0]
        for (const n of walk(left)) if (isVariable(n)) { sets(node, n); if (!/,/.test(left.text)) break }
        break
      }
      case 'foreach_statement':
        sets(node, first(node, 'variable', 'braced_variable'))
        break
      case 'command_parameter':
        if (/^-(error|out|warning)variable$/i.test(node.text)) {
          const beside = node.parent.children
          const next = beside.slice(beside.indexOf(node) + 1).find((n) => n.named && n.type !== 'command_argument_sep')
          if (next) sets(node, { text: '$' + next.text.replace(/^\+?['"]?|['"]?$/g, '') })
        }
        break
    }
  }
  return { tree, functions, top, local }
}

// names holds what a script says against what there is.
function names(file, script, scope) {
  for (const node of walk(script.tree)) {
    if (isVariable(node)) {
      const v = name(node)
      const f = owner(node)
      if (v.name === '' || automatic.has(v.name) || scope.top.has(v.name) || (f && script.local.get(f)?.has(v.name))) continue
      say(file, node, `nothing sets ${node.text}${f ? ' in this function or for the whole program' : ''}`)
    }
    if (node.type !== 'command') continue
    const named = node.children[0]
    if (named.type !== 'command_name' || /[\\/.]/.test(named.text)) continue // a program; the gate in Go says where it may stand
    const command = named.text.toLowerCase()
    const own = scope.functions.get(command)
    if (own === undefined && !cmdlets.has(command)) {
      say(file, named, `no such command: ${named.text}; if Windows PowerShell 5.1 has it, add it to commands.txt`)
      continue
    }
    const known = own === undefined ? cmdlets.get(command) : new Set(own)
    if (known === null) continue
    let positional = 0
    let parameter = false
    const elements = first(node, 'command_elements')
    for (const e of elements?.children.filter((n) => n.named) ?? []) {
      if (['command_argument_sep', 'redirection', 'comment', 'argument_list'].includes(e.type)) continue // (…).Trim() is one
      if (e.type === 'command_parameter') {
        const p = e.text.replace(/^-|:.*$/g, '').toLowerCase()
        if (!known.has(p) && !common.has(p)) say(file, e, `${named.text} has no parameter ${e.text}`)
        parameter = true
        continue
      }
      if (!parameter) positional++
      parameter = false
    }
    if (own !== undefined && positional > own.length && !(elements.text.includes('@'))) {
      say(file, named, `${named.text} takes ${own.length} arguments, and ${positional} are given`)
    }
  }
}

const cache = new Map()
const load = (file) => {
  const key = path.resolve(file)
  if (!cache.has(key)) cache.set(key, read(file))
  return cache.get(key)
}
const beside = (dir) => (fs.existsSync(dir) ? fs.readdirSync(dir).filter((f) => f.endsWith('.ps1') && !f.endsWith('.tests.ps1')).map((f) => path.join(dir, f)) : [])

for (const file of files) {
  if (mode === 'syntax') {
    const text = fs.readFileSync(file, 'utf8')
    if (/^(#.*\n|\n)*$/.test(text)) continue // comments only: the grammar wants a statement
    syntax(file, parse(text))
    continue
  }
  const scope = { functions: new Map(), top: new Set() }
  for (const other of new Set([...beside('connectors/powershell'), ...beside(path.dirname(path.dirname(file))), ...beside(path.dirname(file)), file])) {
    const s = load(other)
    for (const [k, v] of s.functions) scope.functions.set(k, v)
    for (const v of s.top) scope.top.add(v)
  }
  names(file, load(file), scope)
}
if (files.length === 0) { console.log('no file to look at'); bad++ }
process.exit(bad ? 1 : 0)
