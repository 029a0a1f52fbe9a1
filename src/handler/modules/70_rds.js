// @aws-appsync/utils/rds and util.rds (handlers rule 4.3).
const HINTS = ['DECIMAL', 'JSON', 'TIMESTAMP', 'TIME', 'UUID', 'DATE', 'DATETIME'];
// What the functions of this module make is known by marks that no payload can carry.
const HINT = Symbol('type hint');
const AGGREGATE = Symbol('aggregate');
const TEMPLATE = Symbol('sql');
const BUILDER = Symbol('statement');
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

const typeHint = {};
for (const hint of HINTS) {
  typeHint[hint] = (value) => ({
    type: hint,
    value: hint === 'TIMESTAMP' && !absent(value) ? new Date(value).toISOString() : value,
    [HINT]: true,
  });
}
const AGGREGATES = ['min', 'max', 'sum', 'avg', 'count', 'minDistinct', 'maxDistinct', 'sumDistinct',
                    'avgDistinct', 'countDistinct'];
const agg = {};
for (const name of AGGREGATES) agg[name] = (column) => ({ [AGGREGATE]: name, column });

// The runtime's own texts, without the name of an error before them.
const fail = (message) => {
  const error = new TypeError(message);
  error.name = '';
  throw error;
};

const COMPARISONS = { eq: '=', ne: '!=', lt: '<', le: '<=', gt: '>', ge: '>=' };
const JOINS = { join: 'INNER JOIN', innerJoin: 'INNER JOIN', leftJoin: 'LEFT JOIN',
                leftOuterJoin: 'LEFT OUTER JOIN', rightJoin: 'RIGHT JOIN',
                rightOuterJoin: 'RIGHT OUTER JOIN', fullOuterJoin: 'FULL OUTER JOIN',
                crossJoin: 'CROSS JOIN', joinNatural: 'NATURAL JOIN',
                innerJoinNatural: 'NATURAL INNER JOIN', leftJoinNatural: 'NATURAL LEFT JOIN',
                leftOuterJoinNatural: 'NATURAL LEFT OUTER JOIN',
                rightJoinNatural: 'NATURAL RIGHT JOIN',
                rightOuterJoinNatural: 'NATURAL RIGHT OUTER JOIN',
                fullOuterJoinNatural: 'NATURAL FULL OUTER JOIN' };

// Clauses that say nothing are left out.
const clauses = (...texts) => texts.filter((text) => text !== '').join(' ').trimEnd();

// The statements of one createPgStatement or createMySQLStatement, their variables numbered together.
class Sql {
  constructor(quote, caller) {
    this.quote = quote;
    this.caller = caller;
    this.variables = {};
    this.hints = {};
    this.count = 0;
  }
  bind(value) {
    const name = `:P${this.count}`;
    this.count += 1;
    if (isObject(value) && value[HINT]) {
      this.variables[name] = value.value;
      this.hints[name] = value.type;
    } else {
      this.variables[name] = value === undefined ? null : value;  // JSON would lose the name
    }
    return name;
  }
  identifier(name) {
    return String(name).split('.').map((part) => {
      if (part === '*' && !String(name).includes('.')) return part;
      return this.quote + part.split(this.quote).join(this.quote + this.quote) + this.quote;
    }).join('.');
  }
  template({ strings, values }) {
    return strings.map((text, i) => text + (i < values.length ? this.bind(values[i]) : '')).join('');
  }
  // A template or a select inside another statement.
  inner(given) {
    if (given[TEMPLATE]) return `(${this.template(given)})`;
    return given[BUILDER] === 'select' ? `(${this.select(given.given)})` : undefined;
  }
  aggregate(name, column) {
    const distinct = name.endsWith('Distinct');
    const word = (distinct ? name.slice(0, -8) : name).toUpperCase();
    return `${word}(${distinct ? 'DISTINCT ' : ''}${column})`;
  }
  // {alias: value} as `value as "alias"`.
  aliased(given, value) {
    return Object.keys(given).map((alias) => {
      const inner = isObject(given[alias]) ? this.inner(given[alias]) : undefined;
      return `${inner === undefined ? value(given[alias]) : inner} as ${this.identifier(alias)}`;
    }).join(', ');
  }
  column(given) {
    if (typeof given === 'string') return this.identifier(given);
    if (!isObject(given)) return fail('Invalid type in column array.');
    if (given[AGGREGATE]) return this.aggregate(given[AGGREGATE], this.identifier(given.column));
    return this.aliased(given, (one) => this.column(one));
  }
  columns(given) {
    if (absent(given) || given === '*') return '*';
    if (!Array.isArray(given)) return fail('Expected column to be * or an array.');
    return given.map((one) => this.column(one)).join(', ');
  }
  table(given) {
    if (absent(given)) return fail("'table' or 'from' key is required.");
    if (typeof given === 'string') return this.identifier(given);
    if (!isObject(given)) return fail('table name is expected to be a string or alias.');
    const keys = Object.keys(given);
    if (keys.length > 1) return fail('table alias is allowed only one key-value pair.');
    if (keys.length === 0) return fail('table alias is expected to have a key-value pair.');
    return this.aliased(given, (one) => (typeof one === 'string' ? this.identifier(one)
      : fail('Table alias value is expected to be a string.')));
  }
  // Of a select or a join, which may read from a statement too.
  source({ table, from }) {
    if (!absent(table) && !absent(from)) return fail("'from' and 'table' keys cannot be used together");
    if (absent(from)) return this.table(table);
    if (typeof from !== 'string' && !isObject(from)) {
      return fail("'from' value is expected to be string or object.");
    }
    const inner = isObject(from) ? this.inner(from) : undefined;
    return inner === undefined ? this.table(from) : inner;
  }

  // ---- conditions
  where(given) {
    if (absent(given)) return '';
    if (!isObject(given)) fail('WHERE values are expected to be SQL templates or a condition object.');
    const text = given[TEMPLATE] ? this.template(given) : this.conditions(given);
    return text === '' ? '' : `WHERE ${text}`;
  }
  conditions(object) {
    return Object.keys(object).map((field) => {
      const value = object[field];
      if (field === 'and' || field === 'or') {
        if (!Array.isArray(value)) fail(`${field} expects conditions to be an array`);
        return value.map((member) => this.group(field, member)).join(` ${field.toUpperCase()} `);
      }
      if (field === 'not') {
        const members = Array.isArray(value) ? value : [value];
        const text = members.map((member) => this.group(field, member)).join(' AND ');
        return text === '' ? '' : `NOT (${text})`;
      }
      if (!isObject(value)) fail('Expected condition to be an Object.');
      return Object.keys(value).map((op) => this.comparison(field, op, value[op])).join(' AND ');
    }).join(' AND ');
  }
  group(kind, member) {
    if (!isObject(member) || member[TEMPLATE]) fail(`Expected ${kind} to be an Object.`);
    const text = this.conditions(member);
    return text === '' ? '' : `(${text})`;
  }
  between(name, left, value) {
    if (!Array.isArray(value)) fail(`${name} condition expects an array with length of 2.`);
    if (value.length !== 2) {
      fail(`${name} condition expects an array with 2 values but received an array with length ${value.length}.`);
    }
    return `${left} BETWEEN ${this.value(value[0])} AND ${this.value(value[1])}`;
  }
  // The length of a column, or an aggregate of it, compared.
  measured(name, left, given) {
    if (!isObject(given)) fail(`Expected ${name} to be an Object.`);
    return Object.keys(given).map((op) => {
      if (op === 'between') return this.between(name, left, given[op]);
      if (!Object.hasOwn(COMPARISONS, op)) fail(`${name} has invalid ${name.split('.').pop()} operator.`);
      return `${left} ${COMPARISONS[op]} ${this.value(given[op])}`;
    }).join(' AND ');
  }
  like(name, column, word, value, pattern) {
    if (typeof value !== 'string') fail(`${name} expects a string value to be passed.`);
    return `${column} ${word} ${this.bind(pattern)}`;
  }
  comparison(field, op, value) {
    const column = this.identifier(field);
    const name = `${field}.${op}`;
    if (absent(value)) fail(`Value for ${name} can't be null.`);
    if (Object.hasOwn(COMPARISONS, op)) return `${column} ${COMPARISONS[op]} ${this.bind(value)}`;
    if (AGGREGATES.includes(op)) return this.measured(name, this.aggregate(op, column), value);
    switch (op) {
      case 'contains': return this.like(name, column, 'LIKE', value, `%${value}%`);
      case 'beginsWith': return this.like(name, column, 'LIKE', value, `${value}%`);
      case 'notContains': return this.like(name, column, 'NOT LIKE', value, value);
      case 'between': return this.between(name, column, value);
      case 'size': return this.measured(name, `LENGTH (${column})`, value);
      case 'attributeExists':
        if (typeof value !== 'boolean') fail(`${name} expects a boolean value to be passed.`);
        return `${column} IS ${value ? 'NOT ' : ''}NULL`;
      default: return fail(`Unsupported condition ${name}.`);
    }
  }

  // ---- statements
  value(given) {
    return absent(given) ? 'NULL' : this.bind(given);
  }
  values(given, caller) {
    if (absent(given)) fail(`values are expected to be passed to ${caller}`);
    if (!isObject(given)) fail('Expected values to an Object.');
    return Object.keys(given);
  }
  returning(given) {
    if (absent(given)) return '';
    const columns = this.columns(given);
    if (this.quote === '`') fail('returning is not supported in MySQL.');
    return clauses('RETURNING', columns);
  }
  joins(given) {
    return Object.keys(JOINS).flatMap((kind) => (given[kind] || []).map((one) => {
      const using = one.using ? `USING (${[].concat(one.using).map((c) => this.column(c)).join(', ')})` : '';
      let on = '';
      if (one.on) on = `ON ${one.on[TEMPLATE] ? this.template(one.on) : this.conditions(one.on)}`;
      return clauses(JOINS[kind], this.source(one), using, on);
    })).join(' ');
  }
  orderBy(given) {
    if (absent(given)) return '';
    if (!Array.isArray(given)) fail('orderBy expects an array.');
    const items = given.map((item) => {
      if (!isObject(item)) fail('orderBy item expected to be an object.');
      if (typeof item.column !== 'string') fail('orderBy item expected to have property column.');
      const dir = typeof item.dir === 'string' ? item.dir.toUpperCase() : 'ASC';
      if (dir !== 'ASC' && dir !== 'DESC') fail(`orderBy dir can have either ASC or DESC found ${item.dir}.`);
      return `${this.identifier(item.column)} ${dir}`;
    });
    return items.length ? `ORDER BY ${items.join(', ')}` : '';
  }
  number(member, word, given) {
    if (absent(given)) return '';
    const number = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
    if (typeof number !== 'number' || Number.isNaN(number)) fail(`${member} expects a number.`);
    return `${word} ${this.bind(number)}`;
  }
  groupBy(given) {
    if (absent(given) || given.length === 0) return '';
    return `GROUP BY ${given.map((c) => (typeof c === 'number' ? c : this.column(c))).join(', ')}`;
  }
  having(given) {
    const text = absent(given) ? '' : this.conditions(given);
    return text === '' ? '' : `HAVING ${text}`;
  }
  select(given) {
    return clauses(
      'SELECT', this.columns(given.columns), `FROM ${this.source(given)}`, this.joins(given),
      this.where(given.where), this.groupBy(given.groupBy), this.having(given.having),
      this.orderBy(given.orderBy), this.number('limit', 'LIMIT', given.limit),
      this.number('offset', 'OFFSET', given.offset));
  }
  insert(given) {
    const names = this.values(given.values, 'insert');
    const columns = names.map((name) => this.identifier(name)).join(', ');
    const values = names.map((name) => this.value(given.values[name])).join(', ');
    return clauses(`INSERT INTO ${this.table(given.table)} (${columns}) VALUES (${values})`,
                   this.returning(given.returning));
  }
  update(given) {
    const sets = this.values(given.values, 'update')
      .map((name) => `${this.identifier(name)} = ${this.value(given.values[name])}`).join(', ');
    return clauses(`UPDATE ${this.table(given.table)} SET`, sets, this.where(given.where),
                   this.returning(given.returning));
  }
  remove(given) {
    return clauses(`DELETE FROM ${this.table(given.table)}`, this.where(given.where),
                   this.returning(given.returning));
  }
  statement(given) {
    if (typeof given === 'string') return given;
    if (isObject(given) && given[TEMPLATE]) return this.template(given);
    if (isObject(given) && given[BUILDER]) return this[given[BUILDER]](given.given);
    return fail(`Unsupported type is passed as argument to ${this.caller}`);
  }
}

const builder = (name) => function (given) {
  if (given === undefined) fail(`An argument is expected to be passed to ${name}`);
  if (!isObject(given)) fail('Expected payload to be an Object.');
  return { [BUILDER]: name, given };
};
const statements = (caller, quote) => function (...given) {
  if (given.length === 0 || absent(given[0])) fail(`An argument is expected to be passed to ${caller}`);
  const sql = new Sql(quote, caller);
  return {
    statements: given.filter((one) => !absent(one)).map((one) => sql.statement(one)),
    variableMap: sql.variables,
    variableTypeHintMap: sql.hints,
  };
};

function cellOf(cell) {
  if (absent(cell) || cell.isNull || cell.null) return undefined;
  for (const kind of ['stringValue', 'longValue', 'doubleValue', 'booleanValue', 'blobValue']) {
    if (cell[kind] !== undefined) return cell[kind];
  }
  if (cell.arrayValue) return arrayOf(cell.arrayValue);
  return undefined;
}
function arrayOf(given) {
  for (const kind of ['stringValues', 'longValues', 'doubleValues', 'booleanValues']) {
    if (given[kind]) return given[kind];
  }
  return (given.arrayValues || []).map(arrayOf);
}
function toJsonObject(text) {
  let parsed;
  try {
    parsed = typeof text === 'string' ? nativeParse(text) : text;
    return parsed.sqlStatementResults.map(({ records, columnMetadata }) => {
      if (!records) return [{}];
      return records.map((record) => {
        const row = {};
        record.forEach((cell, i) => {
          const value = cellOf(cell);
          if (value !== undefined) row[columnMetadata[i].label || columnMetadata[i].name] = value;
        });
        return row;
      });
    });
  } catch {
    return null;
  }
}

modules['@aws-appsync/utils/rds'] = {
  select: builder('select'),
  insert: builder('insert'),
  update: builder('update'),
  remove: builder('remove'),
  sql: (strings, ...values) => {
    if (!Array.isArray(strings) || strings.raw === undefined) {
      fail('Unexpected argument passed to sql tagged template');
    }
    return { [TEMPLATE]: true, strings: [...strings], values };
  },
  createPgStatement: statements('createPgStatement', '"'),
  createMySQLStatement: statements('createMySQLStatement', '`'),
  toJsonObject: (text) => toJsonObject(text),
  typeHint,
  agg,
};
util.rds = { toJsonObject: (text) => toJsonObject(text) };
