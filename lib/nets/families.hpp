// How each generation builds its networks; generator.cpp and discriminator.cpp choose by family.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "lib/nets/discriminator.hpp"
#include "lib/nets/generator.hpp"
#include "lib/nets/weights.hpp"

namespace sgan::nets {

GeneratorInfo progan_info(const nlohmann::json& args);
GeneratorInfo stylegan1_info(const nlohmann::json& args);
GeneratorInfo stylegan2_info(const nlohmann::json& args);
GeneratorInfo stylegan3_info(const nlohmann::json& args);

std::unique_ptr<Generator> make_progan(const nlohmann::json& args, Weights weights);
std::unique_ptr<Generator> make_stylegan1(const nlohmann::json& args, Weights weights);
std::unique_ptr<Generator> make_stylegan2(const nlohmann::json& args, Weights weights);
std::unique_ptr<Generator> make_stylegan3(const nlohmann::json& args, Weights weights);

// Names and official shapes of all tensors that the settings call for.
using ShapeMap = std::map<std::string, rt::Shape>;
ShapeMap progan_shapes(const nlohmann::json& args);
ShapeMap stylegan1_shapes(const nlohmann::json& args);
ShapeMap stylegan2_shapes(const nlohmann::json& args);
ShapeMap stylegan3_shapes(const nlohmann::json& args);

// ProGAN and StyleGAN1 (their two networks differ in settings), StyleGAN2 and 3 (the same network).
std::unique_ptr<Discriminator> make_progressive_discriminator(Family family,
                                                              const nlohmann::json& args,
                                                              Weights weights);
std::unique_ptr<Discriminator> make_stylegan2_discriminator(const nlohmann::json& args,
                                                            Weights weights);

}  // namespace sgan::nets
