#include "config/yaml_tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>
#include <utility>

namespace eventsd::config {
namespace {

// Ends the parse; caught in parse_yaml.
struct Stop {
  SourcePlace place;
  std::string message;
};

// Builds the tree from the parser's events. yaml-cpp's own nodes would share aliased subtrees and
// throw on access; this keeps the marks and lets us count.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const std::string& file_name) : file_name_(file_name) {}

  Value take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) stop(mark, "the file holds a second document; keep one");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(make(mark, Value::Type::null), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) stop(mark, "an alias inside its own anchor");
    charge(found->second, mark);
    add(found->second, 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    refuse_tag(mark, tag);
    Value value = make(mark, Value::Type::scalar);
    value.text = text;
    add(std::move(value), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Value::Type::list);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Value::Type::map);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Value value;
    YAML::anchor_t anchor = 0;
    bool awaits_key = true;  // maps only
  };

  SourcePlace place(const YAML::Mark& mark) const {
    return {file_name_, mark.line + 1, mark.column + 1};
  }

  [[noreturn]] void stop(const YAML::Mark& mark, std::string message) const {
    throw Stop{place(mark), std::move(message)};
  }

  void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
    if (tag.empty() || tag == "?" || tag == "!" || tag.starts_with("tag:yaml.org,2002:")) return;
    stop(mark, "tag \"" + tag.substr(0, 40) + "\" is not supported; remove it");
  }

  Value make(const YAML::Mark& mark, Value::Type type) {
    if (++nodes_ > kMaxNodes) {
      stop(mark, "more than " + std::to_string(kMaxNodes) + " values, aliases expanded");
    }
    Value value;
    value.type = type;
    value.place = place(mark);
    return value;
  }

  // Counts a copy of a tree before it is made.
  void charge(const Value& value, const YAML::Mark& mark) {
    copied_bytes_ += value.text.size();
    if (++nodes_ > kMaxNodes || copied_bytes_ > kMaxExpandedBytes) {
      stop(mark, "anchors and aliases expand to too much; write the values out");
    }
    for (const Value& item : value.items) charge(item, mark);
    for (const Entry& entry : value.entries) {
      copied_bytes_ += entry.key.size();
      charge(entry.value, mark);
    }
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            Value::Type type) {
    refuse_tag(mark, tag);
    if (stack_.size() >= kMaxDepth) {
      stop(mark, "nested deeper than " + std::to_string(kMaxDepth) + " levels");
    }
    if (!stack_.empty() && stack_.back().value.type == Value::Type::map &&
        stack_.back().awaits_key) {
      stop(mark, "a key must be a name; is a bracket or brace left open?");
    }
    stack_.push_back({make(mark, type), anchor, true});
  }

  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    add(std::move(frame.value), frame.anchor);
  }

  void add(Value value, YAML::anchor_t anchor) {
    if (anchor != 0) {
      YAML::Mark mark;
      mark.line = value.place.line - 1;
      mark.column = value.place.column - 1;
      charge(value, mark);
      anchors_[anchor] = value;
    }
    if (stack_.empty()) {
      root_ = std::move(value);
      return;
    }
    Frame& top = stack_.back();
    if (top.value.type == Value::Type::list) {
      top.value.items.push_back(std::move(value));
    } else if (std::exchange(top.awaits_key, !top.awaits_key)) {
      if (!value.items.empty() || !value.entries.empty()) {
        throw Stop{value.place, "a key must be a name; is a bracket or brace left open?"};
      }
      top.value.entries.push_back({std::move(value.text), std::move(value.place), {}});
    } else {
      top.value.entries.back().value = std::move(value);
    }
  }

  const std::string& file_name_;
  std::vector<Frame> stack_;  // the open collections, outermost first
  std::map<YAML::anchor_t, Value> anchors_;
  Value root_;
  std::size_t nodes_ = 0;
  std::size_t copied_bytes_ = 0;
  int documents_ = 0;
};

std::string_view line_of(std::string_view text, int line) {
  for (; line > 0; --line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

}  // namespace

std::variant<Value, Fault> parse_yaml(const std::string& text, const std::string& file_name) {
  if (text.size() > kMaxFileBytes) {
    return Fault{{file_name, 1, 1},
                 "larger than " + std::to_string(kMaxFileBytes) + " bytes; is it the right file?"};
  }
  TreeBuilder builder(file_name);
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop& stop) {
    return Fault{stop.place, stop.message};
  } catch (const YAML::Exception& error) {
    std::string message = "YAML: " + error.msg;
    if (line_of(text, error.mark.line).find("${") != std::string_view::npos) {
      message += "; inside [ ] and { }, write \"${NAME}\" in quotes";
    }
    return Fault{{file_name, error.mark.line + 1, error.mark.column + 1}, message};
  } catch (const std::exception& error) {
    return Fault{{file_name, 1, 1}, std::string("YAML: ") + error.what()};
  }
  Value root = builder.take_root();
  if (root.type == Value::Type::null) {
    root.type = Value::Type::map;
    if (root.place.line == 0) root.place = {file_name, 1, 1};
  }
  if (root.type != Value::Type::map) {
    return Fault{root.place, "expected option names with values, such as \"listen: …\""};
  }
  return root;
}

Entry* find_entry(Value& map, std::string_view key) {
  for (Entry& entry : map.entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

}  // namespace eventsd::config
