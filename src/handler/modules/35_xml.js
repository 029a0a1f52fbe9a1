// util.xml: elements as nested objects; one child is a value, several are an array.
const XML_ENTITIES = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
function xmlText(raw) {
  return raw.replace(/&(#x[0-9a-fA-F]+|#[0-9]+|[a-z]+);/g, (whole, name) => {
    if (name[0] === '#') {
      const code = name[1] === 'x' ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    }
    return Object.hasOwn(XML_ENTITIES, name) ? XML_ENTITIES[name] : whole;
  });
}
function xmlValue(text) {
  const trimmed = text.trim();
  return /^-?(0|[1-9][0-9]{0,14})(\.[0-9]+)?$/.test(trimmed) ? Number(trimmed) : xmlText(trimmed);
}
function xmlAdd(parent, name, value) {
  if (!Object.hasOwn(parent, name)) parent[name] = value;
  else if (Array.isArray(parent[name])) parent[name].push(value);
  else parent[name] = [parent[name], value];
}
// Null for what is not one well-formed element.
function xmlParse(source) {
  const root = {};
  const open = [];
  const tokens =
    /<!\[CDATA\[([\s\S]*?)\]\]>|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<![^>]*>|<\/([^\s>]+)\s*>|<([^\s/>!?]+)((?:\s+[^\s=/>]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/y;
  let frame = { name: '', node: root, text: '', children: 0 };
  let at = 0;
  while (at < source.length) {
    tokens.lastIndex = at;
    const token = tokens.exec(source);
    if (token === null) return null;
    at = tokens.lastIndex;
    if (token[1] !== undefined) {
      frame.text += token[1].replace(/&/g, '&amp;');
    } else if (token[6] !== undefined) {
      frame.text += token[6];
    } else if (token[3] !== undefined) {
      const node = {};
      let children = 0;
      for (const [, name, value] of token[4].matchAll(/([^\s=]+)\s*=\s*("[^"]*"|'[^']*')/g)) {
        node[name] = xmlValue(value.slice(1, -1));
        children += 1;
      }
      const child = { name: token[3], node, text: '', children };
      if (token[5]) {
        frame.children += 1;
        xmlAdd(frame.node, child.name, children ? node : '');
      } else {
        open.push(frame);
        frame = child;
      }
    } else if (token[2] !== undefined) {
      if (token[2] !== frame.name || open.length === 0) return null;
      const done = frame;
      frame = open.pop();
      frame.children += 1;
      const text = xmlValue(done.text);
      if (done.children && text !== '') done.node.content = text;
      xmlAdd(frame.node, done.name, done.children ? done.node : text);
    }
  }
  return open.length === 0 && frame.children === 1 && frame.text.trim() === '' ? root : null;
}
util.xml = {
  toMap: function toMap(xml) {
    return xmlParse(String(xml));
  },
  toJsonString: function toJsonString(xml, stringEncode) {
    const text = nativeStringify(xmlParse(String(xml)));
    return stringEncode ? nativeStringify(text) : text;
  },
};
