// util.dynamodb and @aws-appsync/utils/dynamodb (handlers rules 3.2 and 4.2).
const absent = (value) => value === undefined || value === null;

function toDynamoDB(value) {
  if (absent(value)) return { NULL: null };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number' || typeof value === 'bigint') return { N: Number(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(toDynamoDB) };
  if (isTypedSet(value)) return { [Object.keys(value)[0]]: Object.values(value)[0] };
  return { M: toMapValues(value) };
}
function toMapValues(object) {
  if (absent(object)) return null;
  const out = {};
  for (const key of Object.keys(object)) out[key] = toDynamoDB(object[key]);
  return out;
}
// Sets made by toStringSet and its siblings stay what they are inside an item.
const typedSets = new WeakSet();
function isTypedSet(value) {
  return typeof value === 'object' && typedSets.has(value);
}
function typedSet(kind, values) {
  if (absent(values)) return null;
  const set = { [kind]: values };
  typedSets.add(set);
  return set;
}
const typed = (kind) => function (value) {
  return absent(value) ? null : { [kind]: value };
};

util.dynamodb = {
  toDynamoDB: (value) => toDynamoDB(value),
  toString: typed('S'),
  toNumber: typed('N'),
  toBinary: typed('B'),
  toBoolean: typed('BOOL'),
  toStringSet: (values) => typedSet('SS', values),
  toNumberSet: (values) => typedSet('NS', values),
  toBinarySet: (values) => typedSet('BS', values),
  toNull: () => ({ NULL: null }),
  toList: (values) => (absent(values) ? null : { L: values.map(toDynamoDB) }),
  toMap: (object) => (absent(object) ? null : { M: toMapValues(object) }),
  toMapValues: (object) => toMapValues(object),
  toS3Object: (key, bucket, region, version) => {
    const s3 = { key, bucket, region };
    if (!absent(version)) s3.version = version;
    return { S: nativeStringify({ s3 }) };
  },
  fromS3ObjectJson: (text) => {
    try {
      return nativeParse(text).s3;
    } catch {
      return null;
    }
  },
};

// Names and values of one expression. Placeholders are numbered within a request.
class Expression {
  constructor() {
    this.names = {};
    this.values = {};
  }
  name(field) {
    return String(field).split('.').map((part) => {
      const [, plain, index] = /^([^[]*)((?:\[\d+\])*)$/.exec(part) || [part, part, ''];
      const placeholder = `#${plain.replace(/[^A-Za-z0-9_]/g, '_')}`;
      this.names[placeholder] = plain;
      return placeholder + index;
    }).join('.');
  }
  value(placeholder, value) {
    let name = placeholder.replace(/[^A-Za-z0-9_:]/g, '_');
    for (let n = 2; Object.hasOwn(this.values, name); n += 1) name = `${placeholder}_${n}`;
    this.values[name] = toDynamoDB(value);
    return name;
  }
  request(text) {
    const out = { expression: text };
    if (Object.keys(this.names).length) out.expressionNames = this.names;
    if (Object.keys(this.values).length) out.expressionValues = this.values;
    return out;
  }
}

const COMPARATORS = { eq: '=', ne: '<>', lt: '<', le: '<=', gt: '>', ge: '>=' };
const ATTRIBUTE_TYPES = { _null: 'NULL', string: 'S', stringSet: 'SS', number: 'N', numberSet: 'NS',
                          binary: 'B', binarySet: 'BS', boolean: 'BOOL', list: 'L', map: 'M' };

// One operator of one field, in parentheses; a list of them for size.
function leaf(expression, field, op, value, prefix) {
  const name = expression.name(field);
  const slot = (suffix) => `:${prefix}${String(field).replace(/[^A-Za-z0-9_]/g, '_')}_${op}${suffix || ''}`;
  if (Object.hasOwn(COMPARATORS, op)) {
    return `(${name} ${COMPARATORS[op]} ${expression.value(slot(), value)})`;
  }
  switch (op) {
    case 'between':
      return `(${name} BETWEEN ${expression.value(slot('_1'), value[0])} AND ${expression.value(slot('_2'), value[1])})`;
    case 'in':
      return `(${name} IN (${value.map((one, i) => expression.value(slot(`_${i + 1}`), one)).join(', ')}))`;
    case 'beginsWith':
      return `(begins_with(${name},${expression.value(slot(), value)}))`;
    case 'contains':
      return `(contains(${name},${expression.value(slot(), value)}))`;
    case 'notContains':
      return `(NOT contains(${name},${expression.value(slot(), value)}))`;
    case 'attributeExists':
      return value ? `(attribute_exists(${name}))` : `(attribute_not_exists(${name}))`;
    case 'attributeType':
      return `(attribute_type(${name},${expression.value(slot(), ATTRIBUTE_TYPES[value] || value)}))`;
    case 'size': {
      const sized = typeof value === 'object' && value !== null ? value : { eq: value };
      return Object.keys(sized).map((inner) => {
        if (inner === 'between') {
          return `(size(${name}) BETWEEN ${expression.value(slot('_between_1'), sized[inner][0])} AND ${expression.value(slot('_between_2'), sized[inner][1])})`;
        }
        return `(size(${name}) ${COMPARATORS[inner]} ${expression.value(slot(`_${inner}`), sized[inner])})`;
      });
    }
    default:
      throw new TypeError(`Unsupported condition ${field}.${op}.`);
  }
}
// DynamoDB refuses parentheses around what has some already.
const grouped = (parts, joiner) => (parts.length === 1 ? parts[0] : `(${parts.join(joiner)})`);
// Each part is in parentheses of its own. Members that are null are as good as absent; eq and ne
// compare with null.
function conditionParts(expression, object, prefix) {
  const parts = [];
  for (const field of Object.keys(object)) {
    const value = object[field];
    if (absent(value)) continue;
    if (field === 'and' || field === 'or') {
      const members = Array.isArray(value) ? value : [value];
      const inner = members
        .map((member, i) => conditionParts(expression, member, `${prefix}${field}_${i}_`))
        .filter((of) => of.length > 0)
        .map((of) => grouped(of, ' AND '));
      if (inner.length) parts.push(grouped(inner, ` ${field.toUpperCase()} `));
    } else if (field === 'not') {
      const inner = conditionParts(expression, value, `${prefix}not_`);
      if (inner.length) parts.push(`(NOT ${grouped(inner, ' AND ')})`);
    } else {
      for (const op of Object.keys(value)) {
        if (absent(value[op]) && op !== 'eq' && op !== 'ne') continue;
        parts.push(...[leaf(expression, field, op, value[op], prefix)].flat());
      }
    }
  }
  return parts;
}
function conditionText(expression, object, prefix) {
  return conditionParts(expression, object, prefix).join(' AND ');
}
function condition(object) {
  if (absent(object)) return undefined;
  const expression = new Expression();
  const text = conditionText(expression, object, '');
  return text === '' ? undefined : expression.request(text);
}

function keyCondition(object) {
  const expression = new Expression();
  const parts = [];
  for (const field of Object.keys(object)) {
    for (const op of Object.keys(object[field])) {
      if (absent(object[field][op])) continue;
      for (const text of [leaf(expression, field, op, object[field][op], '')].flat()) {
        parts.push(text.slice(1, -1));
      }
    }
  }
  return expression.request(parts.join(' AND '));
}
function projectionOf(paths) {
  if (absent(paths)) return undefined;
  const expression = new Expression();
  const text = paths.map((path) => expression.name(path)).join(', ');
  return { expression: text, expressionNames: expression.names };
}

const marker = (type, member) => function (value) {
  return { type, [member]: value };
};
const operations = {
  add: marker('OPERATION_ADD', 'value'),
  remove: () => ({ type: 'OPERATION_REMOVE' }),
  replace: marker('OPERATION_REPLACE', 'value'),
  increment: (by) => ({ type: 'OPERATION_INCREMENT', by: by === undefined ? 1 : by }),
  decrement: (by) => ({ type: 'OPERATION_DECREMENT', by: by === undefined ? 1 : by }),
  append: marker('OPERATION_APPEND', 'items'),
  prepend: marker('OPERATION_PREPEND', 'items'),
  updateListItem: (value, index) => ({ type: 'OPERATION_UPDATE_LIST_ITEM', value, index }),
};

function updateOf(update) {
  const names = {};
  const values = {};
  const sets = [];
  const removes = [];
  let count = 0;
  const nameOf = (field) => {
    count += 1;
    names[`#expName_${count}`] = field;
    return { name: `#expName_${count}`, slot: `:expValue_${count}` };
  };
  const valueOf = (slot, value) => {
    values[slot] = toDynamoDB(value);
    return slot;
  };
  const visit = (object, path) => {
    for (const field of Object.keys(object)) {
      const value = object[field];
      const type = !absent(value) && typeof value === 'object' ? value.type : undefined;
      const listItems = Array.isArray(value) && value.length > 0 &&
        value.every((one) => !absent(one) && one.type === 'OPERATION_UPDATE_LIST_ITEM');
      const known = typeof type === 'string' && type.startsWith('OPERATION_');
      const plainObject = !absent(value) && typeof value === 'object' && !Array.isArray(value) &&
        !known && !isTypedSet(value);
      const { name, slot } = nameOf(field);
      const full = path + name;
      if (plainObject && Object.keys(value).length > 0) {
        visit(value, `${full}.`);
      } else if (listItems) {
        value.forEach((one, i) => {
          sets.push(`${full}[${one.index}] = ${valueOf(i === 0 ? slot : `${slot}_${i + 1}`, one.value)}`);
        });
      } else if (type === 'OPERATION_REMOVE') {
        removes.push(full);
      } else if (type === 'OPERATION_INCREMENT') {
        sets.push(`${full} = ${full} + ${valueOf(slot, value.by)}`);
      } else if (type === 'OPERATION_DECREMENT') {
        sets.push(`${full} = ${full} - ${valueOf(slot, value.by)}`);
      } else if (type === 'OPERATION_APPEND') {
        sets.push(`${full} = list_append(${full}, ${valueOf(slot, value.items)})`);
      } else if (type === 'OPERATION_PREPEND') {
        sets.push(`${full} = list_append(${valueOf(slot, value.items)}, ${full})`);
      } else if (type === 'OPERATION_UPDATE_LIST_ITEM') {
        sets.push(`${full}[${value.index}] = ${valueOf(slot, value.value)}`);
      } else {
        sets.push(`${full} = ${valueOf(slot, known ? value.value : value)}`);
      }
    }
  };
  visit(update, '');
  const clauses = [];
  if (sets.length) clauses.push(`SET ${sets.join(', ')}`);
  if (removes.length) clauses.push(`REMOVE ${removes.join(', ')}`);
  const out = { expression: clauses.join(' '), expressionNames: names };
  if (Object.keys(values).length) out.expressionValues = values;
  return out;
}

// The request without members that are absent.
function compact(request) {
  const out = {};
  for (const key of Object.keys(request)) if (!absent(request[key])) out[key] = request[key];
  return out;
}
const tablesOf = (tables, each) => {
  const out = {};
  for (const table of Object.keys(tables)) out[table] = each(tables[table]);
  return out;
};

modules['@aws-appsync/utils/dynamodb'] = {
  get: ({ key, consistentRead, projection }) => compact({
    operation: 'GetItem', key: toMapValues(key), consistentRead, projection: projectionOf(projection),
  }),
  put: ({ key, item, condition: given, customPartitionKey, populateIndexFields, _version }) =>
    compact({
      operation: 'PutItem', key: toMapValues(key), attributeValues: toMapValues(item),
      condition: condition(given), customPartitionKey, populateIndexFields, _version,
    }),
  remove: ({ key, condition: given, customPartitionKey, populateIndexFields, _version }) => compact({
    operation: 'DeleteItem', key: toMapValues(key), condition: condition(given), customPartitionKey,
    populateIndexFields, _version,
  }),
  update: ({ key, update, condition: given, customPartitionKey, populateIndexFields, _version }) =>
    compact({
      operation: 'UpdateItem', key: toMapValues(key), update: updateOf(update),
      condition: condition(given), customPartitionKey, populateIndexFields, _version,
    }),
  query: ({ query, filter, projection, ...rest }) => compact({
    operation: 'Query', query: keyCondition(query), ...rest, filter: condition(filter),
    projection: projectionOf(projection),
  }),
  scan: ({ filter, projection, ...rest } = {}) => compact({
    operation: 'Scan', ...rest, filter: condition(filter), projection: projectionOf(projection),
  }),
  sync: ({ filter, ...rest } = {}) => compact({
    operation: 'Sync', ...rest, filter: condition(filter),
  }),
  batchGet: ({ tables }) => ({
    operation: 'BatchGetItem',
    tables: tablesOf(tables, ({ keys, consistentRead, projection }) => compact({
      keys: keys.map(toMapValues), consistentRead, projection: projectionOf(projection),
    })),
  }),
  batchPut: ({ tables }) => ({
    operation: 'BatchPutItem', tables: tablesOf(tables, (items) => items.map(toMapValues)),
  }),
  batchDelete: ({ tables }) => ({
    operation: 'BatchDeleteItem', tables: tablesOf(tables, (keys) => keys.map(toMapValues)),
  }),
  transactGet: ({ items }) => ({
    operation: 'TransactGetItems',
    transactItems: items.map(({ table, key, projection }) => compact({
      table, key: toMapValues(key), projection: projectionOf(projection),
    })),
  }),
  transactWrite: ({ items }) => ({
    operation: 'TransactWriteItems',
    transactItems: items.map(({ putItem, updateItem, deleteItem, conditionCheck }) => {
      const given = putItem || updateItem || deleteItem || conditionCheck;
      const operation = putItem ? 'PutItem' : updateItem ? 'UpdateItem'
        : deleteItem ? 'DeleteItem' : 'ConditionCheck';
      return compact({
        table: given.table, operation, key: toMapValues(given.key),
        attributeValues: putItem ? toMapValues(given.item) : undefined,
        update: updateItem ? updateOf(given.update) : undefined,
        condition: condition(given.condition),
      });
    }),
  }),
  toStringSet: (values) => typedSet('SS', values),
  toNumberSet: (values) => typedSet('NS', absent(values) ? values : values.map(String)),
  toBinarySet: (values) => typedSet('BS', values),
  operations,
};
