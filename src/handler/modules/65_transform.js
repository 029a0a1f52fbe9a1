// util.transform (handlers rule 3.3). The first three answer with JSON text.
function expressionText(object) {
  const expression = new Expression();
  const text = conditionText(expression, object || {}, '');
  return nativeStringify({
    expression: text, expressionNames: expression.names, expressionValues: expression.values,
  });
}

const QUERY_LEAVES = { match: 'match', matchPhrase: 'match_phrase', wildcard: 'wildcard',
                       matchPhrasePrefix: 'match_phrase_prefix', regexp: 'regexp', eq: 'term' };
const RANGES = { gt: 'gt', ge: 'gte', gte: 'gte', lt: 'lt', le: 'lte', lte: 'lte' };
function queryClause(object) {
  const must = [];
  for (const field of Object.keys(object)) {
    const value = object[field];
    if (field === 'and') {
      must.push({ bool: { must: value.map(queryClause) } });
    } else if (field === 'or') {
      must.push({ bool: { should: value.map(queryClause) } });
    } else if (field === 'not') {
      must.push({ bool: { must_not: queryClause(value) } });
    } else {
      for (const op of Object.keys(value)) {
        const operand = value[op];
        if (op === 'ne') must.push({ bool: { must_not: { term: { [field]: operand } } } });
        else if (op === 'range') must.push({ range: { [field]: { gte: operand[0], lte: operand[1] } } });
        else if (Object.hasOwn(RANGES, op)) must.push({ range: { [field]: { [RANGES[op]]: operand } } });
        else if (op === 'exists') {
          must.push(operand ? { exists: { field } } : { bool: { must_not: { exists: { field } } } });
        } else if (op === 'multiMatch') must.push({ multi_match: operand });
        else if (Object.hasOwn(QUERY_LEAVES, op)) must.push({ [QUERY_LEAVES[op]]: { [field]: operand } });
        else throw new TypeError(`Unsupported condition ${field}.${op}.`);
      }
    }
  }
  return { bool: { must } };
}

// Alternatives, each a list of filters that must all hold.
function disjunction(object) {
  let groups = [[]];
  const times = (alternatives) => {
    groups = groups.flatMap((group) => alternatives.map((more) => [...group, ...more]));
  };
  for (const field of Object.keys(object)) {
    const value = object[field];
    if (field === 'and') value.forEach((member) => times(disjunction(member)));
    else if (field === 'or') times(value.flatMap((member) => disjunction(member)));
    else {
      times([Object.keys(value).map((op) => ({ fieldName: field, operator: op, value: value[op] }))]);
    }
  }
  return groups;
}

util.transform = {
  toDynamoDBFilterExpression: (object) => expressionText(object),
  toDynamoDBConditionExpression: (object) => expressionText(object),
  toElasticsearchQueryDSL: (object) => nativeStringify(queryClause(object || {})),
  toSubscriptionFilter: (object, ignored) => {
    const kept = { ...(object || {}) };
    for (const field of ignored || []) delete kept[field];
    return { filterGroup: disjunction(kept).filter((group) => group.length)
      .map((filters) => ({ filters })) };
  },
};
