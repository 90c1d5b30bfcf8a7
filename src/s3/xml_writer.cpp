// SPDX-License-Identifier: Apache-2.0
#include "oort/s3/xml.hpp"

namespace oort::s3 {

void append_xml_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&': out.append("&amp;"); break;
      case '<': out.append("&lt;"); break;
      case '>': out.append("&gt;"); break;
      case '"': out.append("&quot;"); break;
      case '\'': out.append("&apos;"); break;
      default: {
        const auto code = static_cast<unsigned char>(c);
        if (code < 0x20) {
          out.append("&#").append(std::to_string(code)).push_back(';');
        } else {
          out.push_back(c);
        }
      }
    }
  }
}

XmlWriter::XmlWriter() : text_("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") {}

XmlWriter& XmlWriter::root(std::string_view name) {
  text_.append("<").append(name).append(" xmlns=\"").append(s3_namespace).append("\">");
  return *this;
}

XmlWriter& XmlWriter::open(std::string_view name) {
  text_.append("<").append(name).push_back('>');
  return *this;
}

XmlWriter& XmlWriter::close(std::string_view name) {
  text_.append("</").append(name).push_back('>');
  return *this;
}

XmlWriter& XmlWriter::leaf(std::string_view name, std::string_view text) {
  open(name);
  append_xml_escaped(text_, text);
  return close(name);
}

XmlWriter& XmlWriter::leaf(std::string_view name, std::uint64_t number) {
  open(name);
  text_.append(std::to_string(number));
  return close(name);
}

XmlWriter& XmlWriter::leaf(std::string_view name, bool value) {
  return leaf(name, value ? std::string_view("true") : std::string_view("false"));
}

XmlWriter& XmlWriter::raw(std::string_view xml) {
  text_.append(xml);
  return *this;
}

}  // namespace oort::s3
