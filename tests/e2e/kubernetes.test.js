// The manifests in config/kubernetes against the schemas of a current Kubernetes (npm's
// kubernetes-models, made from its OpenAPI description), as strictly as `kubectl --validate=strict`
// is: a key that the schema does not know is a fault. tests/ops/kubernetes_test.py holds the manifests
// against the image and the daemon's defaults.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';

const here = path.dirname(fileURLToPath(import.meta.url));
const folder = path.join(here, '../../config/kubernetes');
const files = fs.readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));

// Keys that stand twice are faults of YAML.
function objects(text) {
  return parseAllDocuments(text).flatMap((document) => {
    assert.deepEqual(document.errors, []);
    return document.contents ? [document.toJS()] : [];
  });
}

// "apps/v1" is also where the package keeps its models.
const modelOf = ({ apiVersion, kind }) => `kubernetes-models/${apiVersion}/${kind}`;

// What the compiler says of objects as literals of their types: unknown and missing keys, types, and
// words that are not among those allowed. One list of faults for each object.
function faultsOfTypes(all) {
  // In memory; beside node_modules, where the types are.
  const sources = new Map(
    all.map((object, index) => [
      path.join(here, `manifest${index}.ts`),
      `import type { I${object.kind} } from '${modelOf(object)}';
       export const it: I${object.kind} = ${JSON.stringify(object, null, 1)};`,
    ]),
  );
  const options = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => sources.has(file) || fileExists.call(host, file);
  host.readFile = (file) => sources.get(file) ?? readFile.call(host, file);
  host.getSourceFile = (file, target) =>
    sources.has(file)
      ? ts.createSourceFile(file, sources.get(file), target)
      : getSourceFile.call(host, file, target);
  const program = ts.createProgram([...sources.keys()], options, host);
  const global = program.getGlobalDiagnostics();
  return [...sources.keys()].map((file) => {
    const source = program.getSourceFile(file);
    const own = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return [...global, ...own].map((one) => ts.flattenDiagnosticMessageText(one.messageText, ' '));
  });
}

// What the schema says besides: formats, ranges.
async function faultsOfSchema(object) {
  try {
    const { [object.kind]: Model } = await import(modelOf(object));
    new Model(object).validate();
    return [];
  } catch (error) {
    return [error.message];
  }
}

// One list of faults for each text.
async function faults(texts) {
  const all = texts.flatMap((text, index) => objects(text).map((object) => ({ index, object })));
  const ofTypes = faultsOfTypes(all.map(({ object }) => object));
  const found = texts.map(() => []);
  for (const [at, { index, object }] of all.entries()) {
    for (const fault of [...ofTypes[at], ...(await faultsOfSchema(object))])
      found[index].push(`${object.kind} ${object.metadata?.name}: ${fault}`);
  }
  return found;
}

test('every manifest is what the schemas say, and no key is unknown', async () => {
  const texts = files.map((file) => fs.readFileSync(path.join(folder, file), 'utf8'));
  assert.ok(texts.length > 0);
  for (const text of texts) assert.ok(objects(text).length > 0);
  assert.deepEqual(
    await faults(texts),
    texts.map(() => []),
  );
});

test('what a schema does not allow is noticed', async () => {
  const text = fs.readFileSync(path.join(folder, 'eventsd.yaml'), 'utf8');
  const wrong = [
    ['failureThreshold: 60', 'failureTreshold: 60', /failureTreshold/],
    ['replicas: 1', 'replicas: one', /number/],
    ['protocol: TCP', 'protocol: TPC', /TPC/],
    ['containerPort: 8080', 'hostPort: 8080', /containerPort/],
    ['kind: StatefulSet', 'kind: StatefullSet', /StatefullSet/],
  ];
  for (const [good] of wrong) assert.ok(text.includes(good), good);
  const found = await faults(wrong.map(([good, bad]) => text.replace(good, bad)));
  for (const [index, [, bad, fault]] of wrong.entries())
    assert.match(found[index].join('\n'), fault, bad);
});

test('a key that stands twice is noticed', () => {
  assert.throws(() => objects('kind: Service\nspec: {}\nspec: {}\n'));
});
