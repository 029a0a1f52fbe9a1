// @aws-appsync/utils/rds and util.rds (handlers rule 4.3).
const HINTS = ['DECIMAL', 'JSON', 'TIMESTAMP', 'TIME', 'UUID', 'DATE', 'DATETIME'];
const typeHint = {};
for (const hint of HINTS) {
  typeHint[hint] = (value) => ({
    type: hint,
    value: hint === 'TIMESTAMP' && !absent(value) ? new Date(value).toISOString() : value,
    __hint: true,
  });
}
const agg = {};
for (const name of ['min', 'max', 'sum', 'avg', 'count', 'minDistinct', 'maxDistinct', 'sumDistinct',
                    'avgDistinct', 'countDistinct']) {
  agg[name] = (column) => ({ __agg: name, column });
}
const fail = (message) => {
  throw new TypeError(message);
};

// The statements of one createPgStatement or createMySQLStatement, their variables numbered together.
class Sql {
  constructor(quote) {
    this.quote = quote;
    this.variables = {};
    this.hints = {};
    this.count = 0;
  }
  bind(value) {
    const name = `:P${this.count}`;
    this.count += 1;
    if (!absent(value) && typeof value === 'object' && value.__hint) {
      this.variables[name] = value.value;
      this.hints[name] = value.type;
    } else {
      this.variables[name] = value;
    }
    return name;
  }
  identifier(name) {
    return String(name).split('.').map((part) => {
      if (part === '*' && !String(name).includes('.')) return part;
      return this.quote + part.split(this.quote).join(this.quote + this.quote) + this.quote;
    }).join('.');
  }
  column(given) {
    if (!absent(given) && given.__agg) {
      const distinct = given.__agg.endsWith('Distinct');
      const name = (distinct ? given.__agg.slice(0, -8) : given.__agg).toUpperCase();
      return `${name}(${distinct ? 'DISTINCT ' : ''}${this.identifier(given.column)})`;
    }
    if (!absent(given) && typeof given === 'object') {
      return Object.keys(given).map((alias) => `${this.column(given[alias])} as ${this.identifier(alias)}`)
        .join(', ');
    }
    return given === '*' ? '*' : this.identifier(given);
  }
  table(given) {
    if (absent(given)) fail("'table' or 'from' key is required.");
    if (typeof given === 'object') {
      return Object.keys(given).map((alias) => `${this.identifier(given[alias])} as ${this.identifier(alias)}`)
        .join(', ');
    }
    return this.identifier(given);
  }
  template({ strings, values }) {
    return strings.map((text, i) => text + (i < values.length ? this.bind(values[i]) : '')).join('');
  }

  // ---- conditions
  where(given) {
    if (absent(given)) return '';
    const text = given.__sql ? this.template(given) : this.conditions(given);
    return text === '' ? '' : ` WHERE ${text}`;
  }
  conditions(object) {
    if (object.__sql) return this.template(object);
    const parts = [];
    for (const field of Object.keys(object)) {
      const value = object[field];
      if (field === 'and' || field === 'or') {
        const members = value.map((member) => this.group(member));
        if (members.length === 0) continue;
        parts.push(members.join(` ${field.toUpperCase()} `));
      } else if (field === 'not') {
        parts.push(`NOT (${this.conditions(value)})`);
      } else {
        for (const op of Object.keys(value)) parts.push(this.comparison(field, op, value[op]));
      }
    }
    return parts.join(' AND ');
  }
  group(member) {
    const nested = Object.keys(member).some((key) => key === 'and' || key === 'or');
    const text = this.conditions(member);
    return nested ? `((${text}))`.replace(/^\(\((.*)\)\)$/s, '($1)') : `(${text})`;
  }
  comparison(field, op, value) {
    const column = this.identifier(field);
    const plain = { eq: '=', ne: '!=', lt: '<', le: '<=', gt: '>', ge: '>=' };
    if (op !== 'attributeExists' && absent(value)) fail(`Value for ${field}.${op} can't be null.`);
    if (Object.hasOwn(plain, op)) return `${column} ${plain[op]} ${this.bind(value)}`;
    switch (op) {
      case 'contains': return `${column} LIKE ${this.bind(`%${value}%`)}`;
      case 'beginsWith': return `${column} LIKE ${this.bind(`${value}%`)}`;
      case 'notContains': return `${column} NOT LIKE ${this.bind(value)}`;
      case 'between': return `${column} BETWEEN ${this.bind(value[0])} AND ${this.bind(value[1])}`;
      case 'attributeExists': return `${column} IS ${value ? 'NOT ' : ''}NULL`;
      case 'size': return Object.keys(value).map((inner) => {
        if (inner === 'between') {
          return `LENGTH (${column}) BETWEEN ${this.bind(value[inner][0])} AND ${this.bind(value[inner][1])}`;
        }
        if (!Object.hasOwn(plain, inner)) fail(`Unsupported condition ${field}.size.${inner}.`);
        return `LENGTH (${column}) ${plain[inner]} ${this.bind(value[inner])}`;
      }).join(' AND ');
      default: return fail(`Unsupported condition ${field}.${op}.`);
    }
  }

  // ---- statements
  columns(given) {
    if (absent(given)) return '*';
    return (Array.isArray(given) ? given : [given]).map((one) => this.column(one)).join(', ');
  }
  value(given) {
    return absent(given) ? 'NULL' : this.bind(given);
  }
  returning(given) {
    if (absent(given)) return '';
    if (this.quote === '`') fail('returning is not supported in MySQL.');
    return ` RETURNING ${this.columns(given)}`;
  }
  joins(given) {
    const kinds = { join: 'INNER JOIN', innerJoin: 'INNER JOIN', leftJoin: 'LEFT JOIN',
                    rightJoin: 'RIGHT JOIN', fullOuterJoin: 'FULL OUTER JOIN', crossJoin: 'CROSS JOIN' };
    let text = '';
    for (const kind of Object.keys(kinds)) {
      for (const one of given[kind] || []) {
        text += ` ${kinds[kind]} ${this.table(one.from || one.table)}`;
        if (one.using) text += ` USING (${[].concat(one.using).map((c) => this.identifier(c)).join(', ')})`;
        if (one.on) text += ` ON ${one.on.__sql ? this.template(one.on) : this.conditions(one.on)}`;
      }
    }
    return text;
  }
  select(given) {
    let text = `SELECT ${this.columns(given.columns)} FROM ${this.table(given.table || given.from)}`;
    text += this.joins(given);
    text += this.where(given.where);
    if (!absent(given.groupBy) && given.groupBy.length) {
      text += ` GROUP BY ${given.groupBy.map((c) => (typeof c === 'number' ? c : this.column(c))).join(', ')}`;
    }
    if (!absent(given.having)) {
      const having = this.conditions(given.having);
      if (having) text += ` HAVING ${having}`;
    }
    if (!absent(given.orderBy) && given.orderBy.length) {
      text += ` ORDER BY ${given.orderBy.map(({ column, dir }) => {
        const direction = absent(dir) ? 'ASC' : String(dir).toUpperCase();
        if (direction !== 'ASC' && direction !== 'DESC') {
          fail(`orderBy dir can have either ASC or DESC found ${dir}.`);
        }
        return `${this.column(column)} ${direction}`;
      }).join(', ')}`;
    }
    for (const [member, word] of [['limit', 'LIMIT'], ['offset', 'OFFSET']]) {
      if (absent(given[member])) continue;
      if (typeof given[member] !== 'number') fail(`${member} expects a number.`);
      text += ` ${word} ${this.bind(given[member])}`;
    }
    return text;
  }
  insert(given) {
    if (absent(given.values)) fail('values are expected to be passed to insert');
    const names = Object.keys(given.values);
    const columns = names.map((name) => this.identifier(name)).join(', ');
    const values = names.map((name) => this.value(given.values[name])).join(', ');
    return `INSERT INTO ${this.table(given.table || given.from)} (${columns}) VALUES (${values})${this.returning(given.returning)}`;
  }
  update(given) {
    if (absent(given.values)) fail('values are expected to be passed to update');
    const sets = Object.keys(given.values)
      .map((name) => `${this.identifier(name)} = ${this.value(given.values[name])}`).join(', ');
    return `UPDATE ${this.table(given.table || given.from)} SET ${sets}${this.where(given.where)}${this.returning(given.returning)}`;
  }
  remove(given) {
    return `DELETE FROM ${this.table(given.table || given.from)}${this.where(given.where)}${this.returning(given.returning)}`;
  }
  statement(given) {
    if (typeof given === 'string') return given;
    if (absent(given) || typeof given !== 'object') {
      return fail(`Unsupported type is passed as argument to ${this.caller}`);
    }
    if (given.__sql) return this.template(given);
    if (given.__builder) return this[given.__builder](given.given);
    return fail(`Unsupported type is passed as argument to ${this.caller}`);
  }
}

const builder = (name) => function (given) {
  if (absent(given) || typeof given !== 'object') fail('Expected payload to be an Object.');
  return { __builder: name, given };
};
const statements = (caller, quote) => function (...given) {
  if (given.length === 0 || absent(given[0])) fail(`An argument is expected to be passed to ${caller}`);
  const sql = new Sql(quote);
  sql.caller = caller;
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
  sql: (strings, ...values) => ({ __sql: true, strings: [...strings], values }),
  createPgStatement: statements('createPgStatement', '"'),
  createMySQLStatement: statements('createMySQLStatement', '`'),
  toJsonObject: (text) => toJsonObject(text),
  typeHint,
  agg,
};
util.rds = { toJsonObject: (text) => toJsonObject(text) };
